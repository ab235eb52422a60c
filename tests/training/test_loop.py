from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import product

import pytest
import torch
from torch.optim.swa_utils import AveragedModel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from adder.data import mnist, splits
from adder.data.images import LabelledImages, as_non_digits
from adder.data.training_set import TrainingSet
from adder.network import checkpoint
from adder.training import loop
from adder.training.recipes import RECIPES
from adder.training.run import Run, Settings
from tests.sets import judged


@pytest.fixture
def run():
    settings = Settings(recipe="default", epochs=2, batch_size=16, lr=1e-3, seed=3)
    return Run(settings, torch.device("cpu"), {"command": "test"})


@pytest.fixture
def sets(rng):
    images = torch.from_numpy(rng.integers(0, 256, (64, 1, 28, 28)).astype("uint8"))
    training = TrainingSet(LabelledImages(images, torch.arange(64) % 11 - 1))
    return splits.Sets(training, judged(LabelledImages(images, torch.arange(64) % 10), as_non_digits(images)))


def test_average_follows_the_network(run, sets):
    begun = {name: tensor.clone() for name, tensor in run.network.state_dict().items()}
    list(loop.run_epochs(run, sets))
    network, average = run.network.state_dict(), run.average.state_dict()
    assert run.updates == 8
    for name, tensor in network.items():
        if tensor.is_floating_point():
            reached, behind = (tensor - begun[name]).norm(), (tensor - average[name]).norm()
            assert behind < reached or reached == 0, name
        else:
            assert tensor.equal(average[name])


def test_moving_average_is_that_of_torch(run, sets):
    """The same as the field's AveragedModel, bit for bit, without its looks at the count."""

    def lerp(average, current, count):
        return average.lerp(current, max(9 / (10 + int(count)), 0.01)) if average.is_floating_point() else current

    reference = AveragedModel(run.network, avg_fn=lerp, use_buffers=True)
    for batch in splits.batches(sets.training.fixed, 4):
        loop.train_step(run, run.network, batch, 0.1)
        reference.update_parameters(run.network)
    for one, other in zip(run.average.state_dict().values(), reference.module.state_dict().values(), strict=True):
        assert one.equal(other)


OPTIMISERS = {
    "recipe": None,
    "SGD": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "fused SGD": partial(torch.optim.SGD, momentum=0.9, fused=True),
    "Adam": torch.optim.Adam,
    "fused Adam": partial(torch.optim.Adam, fused=True),
    "fused AdamW": partial(torch.optim.AdamW, fused=True),
}


@pytest.mark.parametrize("recipe, optimiser", [*product(RECIPES, ["recipe"]), *product(["default"], OPTIMISERS)][1:])
def test_a_step_after_a_resume_is_the_step_without(recipe, optimiser, sets, tmp_path, monkeypatch):
    if OPTIMISERS[optimiser]:
        monkeypatch.setitem(RECIPES, recipe, replace(RECIPES[recipe], optimiser=OPTIMISERS[optimiser]))
    run = Run(Settings(recipe=recipe, epochs=1, batch_size=16, lr=1e-3, seed=3), torch.device("cpu"), {})
    torch.manual_seed(1)
    steps = list(splits.batches(sets.training.fixed, 16))
    for batch in steps[:2]:
        loop.train_step(run, run.network, batch, 0.3)
    run.save(tmp_path)
    runs = run, Run.load(tmp_path, run.device)
    for each in runs:
        for place, batch in enumerate(steps[2:]):
            torch.manual_seed(place)
            loop.train_step(each, each.network, batch, 0.5)
    for part in ("network", "average"):
        states = [getattr(each, part).state_dict() for each in runs]
        assert all(tensor.equal(states[1][name]) for name, tensor in states[0].items()), part


@pytest.mark.parametrize("supervision", ["both", "sum"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_step_waits_for_no_device(recipe, supervision, sets, monkeypatch):
    """On a device without values: `.item()` and shapes that depend on values raise, what crosses to it is listed."""
    monkeypatch.setattr(loop, "mixed_precision", lambda device: nullcontext())  # there is none for this device
    optimiser = RECIPES[recipe].optimiser
    if isinstance(optimiser, partial) and optimiser.keywords.get("fused"):  # nor a fused optimiser
        unfused = partial(optimiser.func, **optimiser.keywords | {"fused": False, "foreach": True})
        monkeypatch.setitem(RECIPES, recipe, replace(RECIPES[recipe], optimiser=unfused))
    crossings = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, arguments=(), options=None):
            answer = function(*arguments, **(options or {}))
            devices = [each.device.type for each in tree_leaves((arguments, options, answer)) if torch.is_tensor(each)]
            if len(set(devices)) > 1:
                crossings.append(str(function))
            return answer

    device = torch.device("meta")
    settings = Settings(recipe=recipe, epochs=1, batch_size=16, lr=1e-3, seed=3, supervision=supervision)
    run = Run(settings, device, {})
    images = torch.empty(16, 1, 28, 28, dtype=torch.uint8, device=device)
    labels = [torch.empty(16, dtype=torch.long, device=device) for _ in range(3)]
    for step in range(2):
        with Watch() if step else nullcontext():
            loop.train_step(run, run.network, splits.Batch(images, *labels), 0.3)
    assert crossings == []


def test_a_loss_that_is_no_number_stops_the_run(run, sets, tmp_path, monkeypatch):
    next(loop.run_epochs(run, sets))
    run.save(tmp_path)
    for look in (1, 20):  # within the epoch, and at its end
        monkeypatch.setattr(loop, "REPORT_EVERY", look)
        again = Run.load(tmp_path, run.device)
        again.settings = replace(again.settings, lr=1e30)
        with pytest.raises(FloatingPointError, match=r"epoch 2: .* use an --lr below 1e\+30"):
            loop.train(again, sets, tmp_path)
        assert (again.updates < 8) == (look == 1)
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint.safetensors"}
    assert Run.load(tmp_path, run.device).log == run.log


def test_weights_that_are_no_numbers_are_not_kept(run, sets, tmp_path, monkeypatch):
    """Though every loss was one: the last step of the epoch spoilt them."""
    step = loop.train_step

    def spoil(run, *others):
        counts = step(run, *others)
        if run.updates == 4:
            run.network.digit.bias.data[0] = float("inf")
        return counts

    monkeypatch.setattr(loop, "train_step", spoil)
    with pytest.raises(FloatingPointError, match="epoch 1"):
        loop.train(run, sets, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_calibration_looks_at_every_digit(weights, data_dir):
    network, _ = checkpoint.load_model(weights)
    digits = mnist.training_and_validation(data_dir)[1].first(400)
    wrong = torch.where(torch.arange(400) < 100, digits.digits, (digits.digits + 1) % 10)
    told = [
        loop.calibrate(network, judged(digits.first(100))._replace(mnist=LabelledImages(digits.images, labels)), "cpu")
        for labels in (digits.digits, wrong)
    ]
    assert told[1]["temperature"] > 1.5 * told[0]["temperature"] and told[1]["threshold"] == told[0]["threshold"]


def test_state_comes_back_whole(run, sets, tmp_path):
    next(loop.run_epochs(run, sets))
    run.save(tmp_path)
    again = Run.load(tmp_path, torch.device("cpu"))
    assert again.settings == run.settings and again.log == run.log and again.provenance == run.provenance
    rest = [list(loop.run_epochs(each, sets))[-1] for each in (run, again)]
    rest[0].pop("seconds"), rest[1].pop("seconds")
    assert rest[0] == rest[1]
    for one, other in zip(run.average.parameters(), again.average.parameters(), strict=True):
        assert one.equal(other)


def test_sums_alone_teach_without_a_digit_label(sets):
    settings = Settings(recipe="default", epochs=1, batch_size=16, lr=1e-3, seed=3, supervision="sum")
    run = Run(settings, torch.device("cpu"), {})
    batch = next(splits.batches(sets.training.fixed, 16))
    other = batch._replace(digits=torch.where(batch.digits == splits.NO_DIGIT, batch.digits, 9 - batch.digits))
    losses = []
    for each in (batch, other):
        torch.manual_seed(0)
        losses.append(loop.train_step(Run(settings, run.device, {}), run.network, each, 0.0)[0].item())
    assert losses[0] == losses[1]
    assert any(p.grad.abs().sum() > 0 for p in run.network.digit.parameters())
