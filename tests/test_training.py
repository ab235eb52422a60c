import pytest
import torch

from adder.learning import data, training
from adder.learning.training import Run, Settings


class Still:
    """A training set of the same images in every epoch."""

    def __init__(self, split):
        self.split = split

    def __len__(self):
        return len(self.split.digits)

    def epoch(self, seed):
        return self.split


@pytest.fixture
def run():
    settings = Settings(recipe="default", epochs=2, batch_size=16, lr=1e-3, seed=3)
    return Run(settings, torch.device("cpu"), {"command": "test"})


@pytest.fixture
def sets(rng):
    images = torch.from_numpy(rng.integers(0, 256, (64, 1, 28, 28)).astype("uint8"))
    split = data.Split(images, torch.arange(64) % 11 - 1)
    digits = data.Split(images, torch.arange(64) % 10)
    return data.Sets(Still(split), digits, digits, data.as_non_digits(images), digits)


def test_average_follows_the_network(run, sets):
    list(training.fit(run, sets))
    network, average = run.network.state_dict(), run.average.module.state_dict()
    assert int(run.average.n_averaged) == 8
    for name, tensor in network.items():
        if tensor.is_floating_point():
            assert tensor.isfinite().all() and average[name].isfinite().all()
            assert (tensor - average[name]).abs().max() < 1
        else:
            assert tensor.equal(average[name])


def test_moving_average_by_hand():
    update = training.moving_average(0.99)
    young = update(torch.tensor(0.0), torch.tensor(1.0), torch.tensor(8))
    old = update(torch.tensor(0.0), torch.tensor(1.0), torch.tensor(10**6))
    assert young.item() == pytest.approx(0.5) and old.item() == pytest.approx(0.01)


def test_state_comes_back_whole(run, sets, tmp_path):
    next(training.fit(run, sets))
    run.save(tmp_path)
    again = Run.load(tmp_path, torch.device("cpu"))
    assert again.settings == run.settings and again.log == run.log and again.origin == run.origin
    rest = [list(training.fit(each, sets))[-1] for each in (run, again)]
    rest[0].pop("seconds"), rest[1].pop("seconds")
    assert rest[0] == rest[1]
    for one, other in zip(run.average.parameters(), again.average.parameters(), strict=True):
        assert one.equal(other)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_trains_on_cuda(sets):
    settings = Settings(recipe="default", epochs=1, batch_size=16, lr=1e-3, seed=3)
    run = Run(settings, torch.device("cuda"), {})
    assert next(training.fit(run, sets))["loss"] > 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_step_does_not_wait_for_cuda(sets):
    run = Run(Settings(recipe="default", epochs=1, batch_size=16, lr=1e-3, seed=3), torch.device("cuda"), {})
    steps = data.batches(sets.training.epoch(0).to(run.device), 16)
    training.train_step(run, run.network, next(steps), 0.5)
    torch.cuda.set_sync_debug_mode("error")
    try:
        training.train_step(run, run.network, next(steps), 0.5)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_sums_alone_teach_without_a_digit_label(sets):
    settings = Settings(recipe="default", epochs=1, batch_size=16, lr=1e-3, seed=3, supervision="sum")
    run = Run(settings, torch.device("cpu"), {})
    batch = next(data.batches(sets.training.epoch(0), 16))
    other = batch._replace(digits=torch.where(batch.digits == data.NO_DIGIT, batch.digits, 9 - batch.digits))
    losses = []
    for each in (batch, other):
        torch.manual_seed(0)
        losses.append(training.train_step(Run(settings, run.device, {}), run.network, each, 0.0)[0].item())
    assert losses[0] == losses[1]
    assert any(p.grad.abs().sum() > 0 for p in run.network.digit.parameters())
