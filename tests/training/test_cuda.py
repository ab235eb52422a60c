"""What only a CUDA device shows: pytest -m cuda. Needs neither gradio nor a browser, nor downloaded data."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from adder.data import splits
from adder.data.images import LabelledImages
from adder.data.training_set import TrainingSet
from adder.reader import Reader
from adder.training import loop
from adder.training.recipes import RECIPES
from adder.training.run import Run, Settings
from bench.drawings import page_examples
from tests.sets import sets_of

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]
CUDA = torch.device("cuda")


@pytest.fixture
def training_set(rng):
    """Half of it ink at the left for 0, half at the right for 1."""
    digits = torch.arange(256) % 2
    images = torch.from_numpy(rng.integers(0, 60, (256, 1, 28, 28)).astype("uint8"))
    images[digits == 0, :, 4:24, 4:12] += 150
    images[digits == 1, :, 4:24, 16:24] += 150
    return TrainingSet(LabelledImages(images, digits))


def new_run(recipe: str, **options) -> Run:
    return Run(Settings(recipe=recipe, epochs=4, batch_size=16, lr=1e-3, seed=3, **options), CUDA, {})


@pytest.mark.parametrize("supervision", ["both", "sum"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_step_does_not_wait(recipe, supervision, training_set):
    run = new_run(recipe, supervision=supervision)
    steps = splits.batches(training_set.fixed.to(CUDA), 16)
    for _ in range(2):
        loop.train_step(run, run.network, next(steps), 0.3)
    batches = [next(steps) for _ in range(3)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is a prototype
            torch.cuda.set_sync_debug_mode("error")
        for batch in batches:
            loop.train_step(run, run.network, batch, 0.4)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_captured_step_is_the_step(recipe, training_set, monkeypatch):
    monkeypatch.setitem(RECIPES, recipe, replace(RECIPES[recipe], augment=None))  # chance apart
    runs = new_run(recipe), new_run(recipe)
    for run in runs:
        run.network.train()
    torch.manual_seed(0)
    for batch in list(splits.batches(training_set.fixed.to(CUDA), 16))[:4]:
        counts = loop.train_step(runs[0], runs[0].network, batch, 0.3)
        runs[1].optimiser.param_groups[0]["lr"] = runs[0].optimiser.param_groups[0]["lr"]
        plain = loop.forward_backward(runs[1], runs[1].network, False, *batch)
        runs[1].optimiser.step()
        torch.testing.assert_close(counts, plain, rtol=0.02, atol=0.02)
    assert runs[0].graphs and not runs[1].graphs
    states = [run.network.state_dict() for run in runs]
    for name, tensor in states[0].items():
        torch.testing.assert_close(tensor, states[1][name], rtol=0.05, atol=0.02, msg=name)


def test_chance_is_new_in_every_replay(training_set):
    run = new_run("default")
    batch = next(splits.batches(training_set.fixed.to(CUDA), 16))
    losses = []
    for seed in (1, 2, 1):
        torch.manual_seed(seed)
        losses += [loop.train_step(run, run.network, batch, 1.0)[0].item() for _ in range(2)]  # a rate of 0
    assert len({round(loss, 4) for loss in losses[:4]}) == 4


@pytest.mark.parametrize("recipe", ["default", "bottleneck"])
def test_learns_and_resumes(recipe, training_set, tmp_path):
    sets = sets_of(training_set)
    run = new_run(recipe)
    epochs = loop.run_epochs(run, sets)
    first = next(epochs)
    run.save(tmp_path)
    again = Run.load(tmp_path, CUDA)
    rest = [list(epochs)[-1], list(loop.run_epochs(again, sets))[-1]]
    assert rest[0]["loss"] < first["loss"] / 2
    assert rest[1]["loss"] == pytest.approx(rest[0]["loss"], rel=0.2, abs=0.02)


def test_reads_as_the_cpu_does(weights):
    readers = [Reader.load(weights, device) for device in ("cuda", "cpu")]
    for drawing in page_examples():
        strokes = [np.array(stroke, float) for stroke in drawing["strokes"]]
        one, other = (reader.read_strokes(strokes, 7) for reader in readers)
        assert one.digit == other.digit == drawing["digit"] and one.sum == other.sum
        np.testing.assert_allclose(one.sum_probs, other.sum_probs, atol=0.01)
        np.testing.assert_allclose(
            readers[0].saliency(one), readers[1].saliency(other), atol=0.05 * np.abs(readers[1].saliency(other)).max()
        )
