import pytest
import torch

from adder.data import mnist
from adder.data.images import LabelledImages
from bench import addition, pairs
from bench.addition import FrozenDigits
from bench.pairs import sample_seen_pairs

SHARES = (*addition.SHARES, 0.8)


def confident(count: int) -> FrozenDigits:
    """Logits of a network that is right and confident, different for each image."""
    generator = torch.Generator().manual_seed(0)
    digits = torch.randint(10, (count,), generator=generator)
    logits = 12.0 * torch.eye(10)[digits] + torch.randn(count, 10, generator=generator)
    return FrozenDigits(logits, digits)


@pytest.mark.parametrize("share", SHARES)
def test_withheld_pairs_leave_every_digit_and_number_a_seen_one(share):
    sampled = [sample_seen_pairs(share, seed) for seed in range(3)]
    for seen in sampled:
        assert seen.shape == (10, 10) and int((~seen).sum()) == round(100 * share)
        assert seen.any(0).all() and seen.any(1).all()
    assert not sampled[0].equal(sampled[1]) and sampled[0].equal(sample_seen_pairs(share, 0))


@pytest.mark.parametrize("share", (0.81, 1.0, -0.1))
def test_a_share_that_leaves_no_seen_pair_is_refused(share):
    with pytest.raises(ValueError, match="cannot be withheld"):
        sample_seen_pairs(share, 0)


def test_no_training_batch_holds_a_withheld_pair(rng):
    seen = sample_seen_pairs(0.5, 0)
    read = confident(600)
    used = torch.zeros(10, 10, dtype=torch.bool)
    for logits, numbers, sums in addition.frozen_batches(read, seen, steps=20):
        digits = logits.argmax(1)
        assert sums.equal(digits + numbers)
        used[digits, numbers] = True
    assert used.equal(seen)

    images = torch.from_numpy(rng.integers(0, 256, (600, 1, 28, 28)).astype("uint8"))
    used.zero_()
    for batch in addition.image_batches(LabelledImages(images, read.digits), seen, 200):
        assert batch.sums.equal(batch.digits + batch.numbers)
        used[batch.digits, batch.numbers] = True
    assert used.any() and not (used & ~seen).any()


def test_accuracies_of_a_small_example():
    seen = torch.ones(10, 10, dtype=torch.bool)
    seen[3, :4] = seen[7, 0] = False
    digits = torch.tensor([3, 7])
    right = torch.ones(2, 10, dtype=torch.bool)
    right[0, :2] = right[1, 0] = right[1, 9] = False
    is_read = torch.tensor([True, False])
    known, unknown, read = pairs.sum_accuracies(right, digits, is_read, seen)
    assert (known, unknown, read) == pytest.approx((100 * 14 / 15, 100 * 2 / 5, 100 * 2 / 4))
    accuracies = pairs.pair_accuracies(right, digits)
    assert accuracies[3].tolist() == [0, 0] + [1] * 8 and accuracies[7, 9] == 0


def test_the_convolution_adds_unseen_pairs_and_a_linear_head_does_not():
    train, test = confident(4000), confident(1000)
    seen = sample_seen_pairs(0.5, 0)
    unseen = {}
    for name in ("convolution (ours)", "linear over logits and one-hot"):
        trial = addition.TRIALS[name]._replace(lr=3e-2)
        right = addition.right_sums(addition.train_head(trial, train, seen, steps=200, seed=0), test)
        known, unseen[name], _ = pairs.sum_accuracies(right, test.digits, torch.ones(1000, dtype=torch.bool), seen)
        assert known > 75, name
    assert unseen["convolution (ours)"] == 100
    assert unseen["linear over logits and one-hot"] < 50


def test_training_from_scratch_on_sums_alone_adds_unseen_pairs(data_dir):
    images = mnist.load(data_dir, train=True)
    train, test = (LabelledImages(*(part[cut] for part in images)) for cut in (slice(12000), slice(12000, 14000)))
    scores = addition.train_from_scratch("sum", train, test, share=0.5, seed=0, epochs=4, device=torch.device("cpu"))
    digit, seen, unseen, unseen_read = scores
    assert min(digit, seen, unseen) > 95 and unseen_read > 99.9


def test_the_picture_is_plotted(tmp_path):
    seen = sample_seen_pairs(0.5, 0)
    pairs.plot_pairs(tmp_path / "pairs.png", dict.fromkeys(addition.TRIALS, seen.double()), seen)
    assert (tmp_path / "pairs.png").read_bytes().startswith(b"\x89PNG")
