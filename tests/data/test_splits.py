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

from adder.data import mnist, pen_data, splits, training_set
from adder.data.images import LabelledImages
from adder.data.mnist import DataError
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT, Drawing
from tests.machine import ROOT

NOTHING = LabelledImages(torch.zeros(0, 1, 28, 28, dtype=torch.uint8), torch.zeros(0, dtype=torch.long))


def test_validation_is_fixed_stratified_and_apart(data_dir):
    training, validation = mnist.training_and_validation(data_dir)
    assert (len(training.digits), len(validation.digits)) == (55000, 5000)
    every = validation.digits.bincount() + training.digits.bincount()
    assert every.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], "MNIST's 60,000"
    assert (validation.digits.bincount() / every - 1 / 12).abs().max() < 0.0005
    assert validation.images.equal(mnist.training_and_validation(data_dir)[1].images)
    rows = {image.numpy().tobytes() for image in training.images}
    assert sum(image.numpy().tobytes() in rows for image in validation.images) == 0


def test_batches_pair_every_image_once_with_a_number_and_the_true_sum():
    count = 1000
    split = LabelledImages((torch.arange(count) % 256).to(torch.uint8).view(-1, 1, 1, 1), torch.arange(count) % 10)
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


def test_digits_are_half_to_two_thirds_of_an_epoch(sets):
    digits = len(sets.training.mnist.digits) + training_set.COPIES * len(sets.training.drawings["digits"])
    assert 1 / 2 < digits / len(sets.training) < 2 / 3


def test_a_limit_takes_the_first_of_each_set(sets, few):
    assert few.training.fixed.images.equal(
        torch.cat([sets.training.fixed.images[:400], sets.training.fixed.images[55000:55400]])
    )
    for name, every in sets.validation._asdict().items():
        first = getattr(few.validation, name)
        count = min(400, len(every.digits))
        assert len(first.digits) == count or name in ("turned", "zeros")
        if name not in ("turned", "zeros"):  # which come from the limited sets
            assert first.images.equal(every.images[:count]) and first.digits.equal(every.digits[:count])


def test_every_kind_is_judged(sets):
    for name, part in sets.validation._asdict().items():
        assert len(part.digits) >= 200, name
        assert (part.digits == NO_DIGIT).all() != (name in splits.DIGITS)
        is_blank = part.images.flatten(1).amax(1) < 150
        assert is_blank.sum() <= (5 if name == "blobs" else 0), f"{name}: only far specks leave no ink"
    assert set(sets.counts()["held out"]) == {"words", "alphabets", "shapes", "fonts"}


def test_a_writer_is_seen_as_often_as_the_square_root_of_the_drawings():
    stroke = [np.array([[0.0, 0.0], [9.0, 9.0]])]
    drawings = [Drawing(1, 7, stroke)] * 36 + [Drawing(2, 8, stroke)] * 4 + [Drawing(3, 9, stroke)] * 4
    weights = training_set.writer_weights(drawings)
    np.testing.assert_allclose([weights[:36].sum(), weights[36:40].sum(), weights[40:].sum()], [26.4, 8.8, 8.8])
    learned = training_set.TrainingSet(NOTHING, drawings={"digits": drawings})
    seen = torch.cat([epoch.digits for epoch in learned.epochs(range(40), torch.device("cpu"))])
    np.testing.assert_allclose(seen.bincount(minlength=4)[1:] / len(seen), [0.6, 0.2, 0.2], atol=0.05)
    own = training_set.TrainingSet(NOTHING, own_drawings=drawings).rendered.weights
    np.testing.assert_allclose(own, 1 / 44), "of your own drawings each counts"


def test_turned_digits_are_other_pixels_of_the_same_images():
    digits = torch.arange(10)
    images = torch.zeros(10, 1, 28, 28, dtype=torch.uint8)
    images[:, 0, 3, 5] = torch.arange(10, dtype=torch.uint8) + 1
    turned = training_set.turned_digits(LabelledImages(images, digits), 150, 1)
    assert len(turned.digits) == 150 and (turned.digits == NO_DIGIT).all()
    places = {(int(image.max()) - 1, *map(int, image[0].nonzero()[0])) for image in turned.images}
    where = ((5, 3), (22, 3), (5, 24), (22, 24))  # of the pixel, after each of TURNS
    assert places == {(digit, *where[turn]) for digit, turn in training_set.TURNED_DIGITS}


def test_the_page_shows_no_drawing_that_a_network_learned_from():
    kinds = {split: splits.digits_of(pen_data.drawings(split, "pendigits")) for split in range(3)}
    images = {split: [raster.strokes_to_mnist(drawing.strokes) for drawing in kinds[split]] for split in kinds}
    for example in json.loads((ROOT / "adder/page/web/examples.json").read_text(encoding="utf-8"))["drawings"]:
        seen = raster.strokes_to_mnist([np.array(stroke, float) for stroke in example["strokes"]])
        nearest = {split: min(np.abs(image - seen).mean() for image in images[split]) for split in images}
        assert min(nearest, key=nearest.get) == pen_data.VALIDATION and nearest[pen_data.VALIDATION] < 0.01


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
    assert kinds == list(range(NO_DIGIT, 10))


def test_a_process_that_renders_gets_little(sets):
    rendered = sets.training.rendered
    sent = ForkingPickler.dumps(rendered)
    assert len(sent) < 60_000, "more than a pipe holds, which it reads only when it has imported all"
    again = pickle.loads(sent)
    assert (again.synthetic, again.blobs) == (rendered.synthetic, rendered.blobs) and len(again.drawings) == len(
        rendered.drawings
    ) > 2000
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
    training = training_set.TrainingSet(NOTHING, synthetic=1600)
    assert 28 * 28 * training.rendered.images_per_epoch / training_set.PARTS > 40_000
    with small_files(40_000):
        assert len(next(training.epochs([3], torch.device("cpu"), workers=1)).digits) == 1600


def test_a_process_that_draws_and_is_killed():
    training = training_set.TrainingSet(NOTHING, synthetic=160)
    drawn = training.epochs([1, 2, 3, 4], torch.device("cpu"), workers=1)
    next(drawn)
    multiprocessing.active_children()[0].kill()
    with pytest.raises(DataError, match=r"the processes that render images ended .*: --workers 0"):
        list(drawn)


DRAWING = """
import torch
from adder.data import training_set

if __name__ == "__main__":
    images = torch.zeros(0, 1, 28, 28, dtype=torch.uint8)
    nothing = training_set.LabelledImages(images, torch.zeros(0, dtype=torch.long))
    drawn = training_set.TrainingSet(nothing, synthetic=160)
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
    training = training_set.TrainingSet(NOTHING)
    drawn = training.epochs([1, 2], torch.device("cpu"), workers=2)
    next(drawn)
    assert multiprocessing.active_children() == []


def test_a_recipe_for_digits_of_mnist_loads_nothing_else(data_dir):
    sets = splits.load(data_dir, drawings=False, non_digits=False, limit=100)
    [epoch] = sets.training.epochs([1], torch.device("cpu"))
    assert len(epoch.digits) == 100 and (epoch.digits >= 0).all()
    assert list(sets.validation.digits()) == ["mnist"] and not sets.validation.non_digits()


def test_sums_of_non_digits_are_ignored():
    split = LabelledImages(torch.zeros(4, 1, 28, 28, dtype=torch.uint8), torch.tensor([NO_DIGIT, 3] * 2))
    (batch,) = splits.batches(split, 4)
    assert ((batch.sums == NO_DIGIT) == (batch.digits == NO_DIGIT)).all()
