"""With the shipped weights: the votes are the logits, and each map's number is the sum that the page writes out."""

import numpy as np
import pytest
import torch

from adder.network.checkpoint import load_model
from adder.network.explanation import can_explain, explain
from adder.network.model import MNIST_MEAN, MNIST_STD, build
from adder.reader import Reader
from bench.drawings import page_examples


@pytest.fixture(scope="module")
def reader(weights):
    return Reader.load(weights, device="cpu")


@pytest.fixture(scope="module")
def images(reader):
    return [reader.read_strokes(example["strokes"], 0).image for example in page_examples()]


def test_votes_add_up_to_the_logits(reader, images, weights):
    unfolded, _ = load_model(weights, torch.device("cpu"))
    for pixels in images:
        image = torch.from_numpy(pixels)
        with torch.inference_mode():
            logits = unfolded.eval()(image[None, None], torch.zeros(1, dtype=torch.int64)).digit[0]
        explanation = reader.explain(pixels)
        added = explanation.votes.double().sum(1) + explanation.bias.double()
        assert added.numpy() == pytest.approx(logits.double().numpy(), abs=1e-4)


def test_a_map_is_filter_times_patch(reader, images, rng):
    """The convolution by hand, in numpy, at the edges too, where the patch reaches beyond the image."""
    explanation = reader.explain(images[0])
    padded = np.pad((images[0].astype(float) - MNIST_MEAN) / MNIST_STD, 2)
    places = [(0, 0), (27, 27), (0, 13), *rng.integers(0, 28, (50, 2)).tolist()]
    for y, x in places:
        for channel, kernel in enumerate(explanation.filters.numpy().astype(float)):
            by_hand = (kernel * padded[y : y + 5, x : x + 5]).sum()
            assert float(explanation.stem[channel, y, x]) == pytest.approx(by_hand, abs=1e-5)


def test_a_feature_is_the_mean_of_its_map(reader, images):
    explanation = reader.explain(images[1])
    means = explanation.last.mean((1, 2)) * reader.network.digit.weight.detach() / reader.network.temperature
    assert torch.allclose(explanation.votes, means, atol=1e-5)
    assert explanation.middle.shape[1:] == (14, 14) and explanation.last.shape[1:] == (7, 7)
    assert explanation.middle.min() == 0 == explanation.last.min()


def test_other_backbones_are_not_explained():
    quick = build(backbone={"name": "quick"}, head={"name": "convolution"}).eval()
    assert not can_explain(quick)
    with pytest.raises(ValueError, match="residual"):
        explain(quick, torch.zeros(28, 28))


def test_images_are_read_as_they_are(reader, images):
    """Not centred anew: a pixel more or less is a pixel more or less."""
    drawn = [reader.read_strokes(example["strokes"], 3) for example in page_examples()]
    painted = reader.read_images([*images, np.zeros((28, 28), np.float32)], [3] * (len(images) + 1))
    for one, other in zip(drawn, painted, strict=False):
        assert (one.digit, one.sum) == (other.digit, other.sum)
        assert other.digit_probs == pytest.approx(one.digit_probs, abs=1e-5)
    assert painted[-1].digit is None
    shifted = np.roll(images[0], 6, axis=1)
    [reading] = reader.read_images([shifted], [3])
    assert np.array_equal(reading.image, shifted)
    assert not np.allclose(reading.digit_probs, drawn[0].digit_probs, atol=1e-6)
