import pytest
import torch

from adder.data.images import LabelledImages
from adder.data.training_set import TrainingSet
from adder.network import checkpoint
from adder.reader import Reader
from adder.training import loop, snapshots
from adder.training.run import Run, Settings
from tests.sets import sets_of


def test_steps_of_a_long_run_and_of_a_short_one():
    assert snapshots.steps_of(400, 30) == {0, 20, 60, 150, 200, 400, 800, 2000, 4000, 12000}
    assert snapshots.steps_of(40, 1) == {0, 20, 40}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run of 24 steps."""
    images = torch.randint(256, (96, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    sets = sets_of(TrainingSet(LabelledImages(images, torch.arange(96) % 10)))
    settings = Settings("default", epochs=2, batch_size=8, lr=0.01, seed=1, snapshots=True)
    folder = tmp_path_factory.mktemp("run")
    run = Run(settings, torch.device("cpu"), {"command": "test"})
    loop.train(run, sets, folder)
    return folder


def test_each_says_when_it_was_and_how_good(finished):
    folder = finished
    paths = sorted((folder / snapshots.FOLDER).iterdir())
    assert [int(path.stem) for path in paths] == [0, 6, 12, 20, 24]
    for path in paths:
        tensors, description = checkpoint.load(path)
        assert description["step"] == int(path.stem) and description["epoch"] == int(path.stem) / 12
        assert set(description["validation"]["mnist"]) >= {"digit_accuracy", "sum_accuracy"}
        assert description["command"] == "test" and description["calibration"].keys() == {"temperature"}
        assert {tensor.dtype for tensor in tensors.values()} == {torch.float16, torch.int64}


def test_the_last_is_the_run_s_network_and_the_first_a_coin_toss(finished):
    folder = finished
    first, last = (Reader.load(folder / snapshots.FOLDER / f"{step:06}.safetensors", "cpu") for step in (0, 24))
    end = Reader.load(folder / loop.WEIGHTS, "cpu")
    ink = torch.zeros(60, 60, dtype=torch.uint8)
    ink[10:50, 28:32] = 255
    answers = [reader.read(ink.numpy(), 4) for reader in (first, last, end)]
    assert answers[0].digit_probs.max() < 0.3 and answers[0].is_digit
    assert abs(answers[1].digit_probs - answers[2].digit_probs).max() < 0.01
    assert answers[1].is_digit, "no threshold"
