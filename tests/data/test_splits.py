import contextlib
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import time
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
import torch

from adder.data import sources, splits, training_set
from adder.drawing import raster
from tests.machine import ROOT

NOTHING = splits.LabelledImages(torch.zeros(0, 1, 28, 28, dtype=torch.uint8), torch.zeros(0, dtype=torch.long))


@pytest.fixture(scope="module")
def mnist(data_dir):
    return sources.mnist(data_dir, train=True)


def test_mnist_is_the_original(mnist, data_dir):
    assert mnist.images.shape == (60000, 1, 28, 28) and mnist.images.dtype == torch.uint8
    assert mnist.digits.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert len(sources.mnist(data_dir, train=False).digits) == 10000


def test_validation_is_fixed_stratified_and_apart(mnist):
    training, validation = splits.split_validation(mnist)
    assert (len(training.digits), len(validation.digits)) == (55000, 5000)
    share = validation.digits.bincount() / mnist.digits.bincount()
    assert (share - 1 / 12).abs().max() < 0.0005
    assert validation.images.equal(splits.split_validation(mnist)[1].images)
    rows = {image.numpy().tobytes() for image in training.images}
    assert sum(image.numpy().tobytes() in rows for image in validation.images) == 0


def test_batches_pair_every_image_once_with_a_number_and_the_true_sum():
    count = 1000
    split = splits.LabelledImages(
        (torch.arange(count) % 256).to(torch.uint8).view(-1, 1, 1, 1), torch.arange(count) % 10
    )
    torch.manual_seed(0)
    epoch = list(splits.batches(split, 100))
    assert [len(batch.digits) for batch in epoch] == [100] * 10
    assert torch.cat([batch.digits for batch in epoch]).bincount().tolist() == [100] * 10
    numbers = torch.cat([batch.numbers for batch in epoch])
    np.testing.assert_allclose(numbers.bincount(minlength=10) / count, 0.1, atol=0.03)
    for batch in epoch:
        assert batch.images.dtype == torch.uint8
        assert (batch.numbers + batch.digits).equal(batch.sums)
    second = torch.cat([batch.numbers for batch in splits.batches(split, 100)])
    assert not second.equal(numbers), "every epoch has other random numbers"


@pytest.fixture(scope="module")
def sets(data_dir):
    return splits.load(data_dir)


@pytest.fixture(scope="module")
def few(data_dir):
    return splits.load(data_dir, limit=400)


def test_writers_and_alphabets_are_held_out(sets):
    writers = {drawing.writer for drawing in sets.training.drawings}
    assert writers == {writer for writer in range(1, 31) if writer % 5}
    counts = sets.counts()
    assert (counts["drawings"], counts["validation drawings"]) == (5995, 1499)
    learned = {image.numpy().tobytes() for image in sets.training.characters}
    assert len(sets.characters.digits) > 800 and (sets.characters.digits == splits.NO_DIGIT).all()
    assert not any(image.numpy().tobytes() in learned for image in sets.characters.images)


def test_words_shapes_and_fonts_are_held_out(sets, few, data_dir):
    doodles = sources.quickdraw(data_dir)
    words = list(doodles)
    assert words == sorted(words, key=str.lower) and len(words) == 120
    held_out = words[4::5]
    learned = sum(len(drawings) for word, drawings in doodles.items() if word not in held_out)
    counts = sets.counts()
    assert (counts["doodles"], counts["validation words"]) == (learned, sum(len(doodles[word]) for word in held_out))
    assert counts["held out"]["words"] == held_out, "the record names them"
    assert sum(map(len, doodles.values())) > 2900 and counts["validation words"] > 500
    seen = {np.concatenate(drawing.strokes).tobytes() for drawing in sets.training.doodles}
    assert not any(np.concatenate(drawing).tobytes() in seen for word in held_out for drawing in doodles[word])
    assert all(drawing.digit == splits.NO_DIGIT for drawing in sets.training.doodles)
    assert counts["validation shapes"] == counts["validation fonts"] == splits.SYNTHETIC_VALIDATION
    for split, same in ((sets.shapes, few.shapes), (sets.fonts, few.fonts), (sets.words, few.words)):
        assert (split.digits == splits.NO_DIGIT).all()
        assert split.images[:400].equal(same.images), "the same for every run"
        assert (split.images.flatten(1).amax(1) > 200).all()


def test_non_digits_are_at_most_a_third_of_an_epoch(sets):
    no_digits = len(sets.training) - len(sets.training.mnist.digits) - 2 * len(sets.training.drawings)
    assert 1 / 6 < no_digits / len(sets.training) < 1 / 3


def test_a_limit_takes_the_first_of_each_set(sets, few):
    assert few.training.characters.equal(sets.training.characters[:400]) and len(few.training.characters) == 400
    for name in ("pen_digits", "characters", "validation", "test"):
        every, first = getattr(sets, name), getattr(few, name)
        assert len(first.digits) == 400 and first.images.equal(every.images[:400])
        assert first.digits.equal(every.digits[:400])


def test_nothing_learns_from_the_writer_of_the_examples(sets, data_dir):
    by_that_writer = [drawing for drawing in sources.pendigits(data_dir) if drawing.writer == splits.EXAMPLES_WRITER]
    images = [raster.strokes_to_mnist(drawing.strokes) for drawing in by_that_writer]
    for example in json.loads((ROOT / "adder/page/web/examples.json").read_text(encoding="utf-8"))["drawings"]:
        seen = raster.strokes_to_mnist([np.array(stroke, float) for stroke in example["strokes"]])
        distances = [np.abs(drawn - seen).mean() for drawn in images]
        assert min(distances) < 0.005 and by_that_writer[np.argmin(distances)].digit == example["digit"]
    on_demand = splits.load(data_dir, characters=False, all_writers=True)
    assert len(on_demand.training.drawings) == 7494 - 250 and len(on_demand.pen_digits.digits) == 1499
    for learned in (sets.training.drawings, on_demand.training.drawings):
        assert splits.EXAMPLES_WRITER not in {drawing.writer for drawing in learned}


def test_an_epoch_is_drawn_anew_by_its_seed(few):
    training = few.training
    one, same, other = training.epochs([1, 1, 2], torch.device("cpu"))
    assert len(one.digits) == len(training) and one.images.shape[1:] == (1, 28, 28)
    assert one.images.equal(same.images) and one.digits.equal(same.digits)
    changed = (one.images != other.images).flatten(1).any(1)
    fixed = len(training.fixed.digits)
    assert not changed[:fixed].any(), "MNIST and characters stay as they are"
    assert changed[fixed:].float().mean() > 0.9, "rendered drawings and synthetic non-digits change"
    assert (one.images.flatten(1).amax(1) > 100).float().mean() > 0.99, "hardly any image is blank"
    kinds = one.digits.unique().tolist()
    assert kinds == list(range(splits.NO_DIGIT, 10))


def test_a_process_that_renders_gets_little(sets):
    rendered = sets.training.rendered
    sent = ForkingPickler.dumps(rendered)
    assert len(sent) < 60_000, "more than a pipe holds, which it reads only when it has imported all"
    again = pickle.loads(sent)
    assert again.synthetic == rendered.synthetic and len(again.drawings) == len(rendered.drawings) > 2000
    for one, other in zip(rendered.drawings, again.drawings, strict=True):
        assert (one.digit, one.writer) == (other.digit, other.writer)
        assert all(np.array_equal(*pair) for pair in zip(one.strokes, other.strokes, strict=True))


@contextlib.contextmanager
def small_files(most: int):
    """Bounds what processes may write to a file, of which shared memory is one; to a pipe they may write more."""
    if os.name == "nt":
        yield
        return
    import resource

    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_processes_render_an_epoch_as_this_one_does(few):
    seeds = [3, 4]
    there = few.training.epochs(seeds, torch.device("cpu"), workers=2)
    for here, other in zip(few.training.epochs(seeds, torch.device("cpu")), there, strict=True):
        assert here.images.equal(other.images) and here.digits.equal(other.digits)


def test_processes_need_no_shared_memory_for_images():
    """A container has little of it."""
    training = training_set.TrainingSet(NOTHING, [], NOTHING.images, [], synthetic=1600, limit=None)
    assert 28 * 28 * training.rendered.images_per_epoch / training_set.PARTS > 40_000
    with small_files(40_000):
        assert len(next(training.epochs([3], torch.device("cpu"), workers=1)).digits) == 1600


def test_a_process_that_draws_and_is_killed():
    training = training_set.TrainingSet(NOTHING, [], NOTHING.images, [], synthetic=160, limit=None)
    drawn = training.epochs([1, 2, 3, 4], torch.device("cpu"), workers=1)
    next(drawn)
    multiprocessing.active_children()[0].kill()
    with pytest.raises(sources.DataError, match=r"the processes that render images ended .*: --workers 0"):
        list(drawn)


DRAWING = """
import torch
from adder.data import training_set

if __name__ == "__main__":
    images = torch.zeros(0, 1, 28, 28, dtype=torch.uint8)
    nothing = training_set.LabelledImages(images, torch.zeros(0, dtype=torch.long))
    drawn = training_set.TrainingSet(nothing, [], images, [], synthetic=160, limit=None)
    for _ in drawn.epochs(range(1000), torch.device("cpu"), workers=1):
        print("drawn", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="no groups of processes")
def test_processes_that_draw_end_with_one_that_is_killed(tmp_path):
    (tmp_path / "drawing.py").write_text(DRAWING, encoding="utf-8")
    options = {"env": os.environ | {"PYTHONPATH": str(ROOT)}, "stdout": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen([sys.executable, tmp_path / "drawing.py"], **options) as process:
        assert process.stdout.readline() == b"drawn\n"
        process.kill()
    with pytest.raises(ProcessLookupError):
        while True:
            os.killpg(process.pid, 0)
            time.sleep(0.05)


def test_no_process_is_started_where_nothing_is_drawn():
    training = training_set.TrainingSet(NOTHING, [], NOTHING.images, [], synthetic=0, limit=None)
    drawn = training.epochs([1, 2], torch.device("cpu"), workers=2)
    next(drawn)
    assert multiprocessing.active_children() == []


def test_sets_that_a_run_goes_without(data_dir):
    sets = splits.load(data_dir, without=splits.OPTIONAL, limit=100)
    assert not sets.training.drawings and not len(sets.training.characters) and not len(sets.pen_digits.digits)
    assert (next(sets.training.epochs([1], torch.device("cpu"))).digits == splits.NO_DIGIT).any(), (
        "scribbles are still refused"
    )
    alone = next(
        splits.load(data_dir, drawings=False, characters=False, limit=100).training.epochs([1], torch.device("cpu"))
    )
    assert len(alone.digits) == 100 and (alone.digits >= 0).all()


def test_sums_of_non_digits_are_ignored():
    split = splits.LabelledImages(torch.zeros(4, 1, 28, 28, dtype=torch.uint8), torch.tensor([splits.NO_DIGIT, 3] * 2))
    (batch,) = splits.batches(split, 4)
    assert ((batch.sums == splits.NO_DIGIT) == (batch.digits == splits.NO_DIGIT)).all()
