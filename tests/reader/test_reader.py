import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from adder.data import mnist, pen_data
from adder.data.synthetic import negatives
from adder.drawing import raster, strokes
from adder.reader import Reader


@pytest.fixture(scope="module")
def reader(weights):
    return Reader.load(weights, device="cpu")


@pytest.fixture(scope="module")
def drawings():
    """Digits by six people."""
    return pen_data.drawings(pen_data.VALIDATION, "pendigits")


def accuracy(readings, digits):
    return np.mean([reading.digit == digit for reading, digit in zip(readings, digits, strict=True)])


def test_shipped_weights_read_mnist(reader, data_dir):
    validation = mnist.training_and_validation(data_dir)[1]
    digits = validation.digits[::2].tolist()
    numbers = [index % 10 for index in range(len(digits))]
    inks = list(validation.images[::2, 0].numpy())
    readings = reader.read_many(inks, numbers)
    assert accuracy(readings, digits) >= 0.9945
    as_it_is = [np.array_equal(np.rint(each.image * 255), ink) for each, ink in zip(readings, inks, strict=True)]
    assert np.mean(as_it_is) > 0.98, "but for the thickest"
    for reading, ink in zip(readings[:50], inks, strict=False):
        saved = io.BytesIO()
        Image.fromarray(ink).save(saved, "png")
        as_file = reader.read_picture(saved.getvalue(), reading.sum - reading.digit)
        np.testing.assert_array_equal(as_file.image, reading.image)
        assert (as_file.sum, as_file.is_digit, as_file.frame) == (reading.sum, reading.is_digit, (0, 0, 1, 1))
    assert all(r.sum == r.digit + n for r, n in zip(readings, numbers, strict=True))


def test_shipped_weights_read_pen_drawings_in_both_ways(reader, drawings):
    drawings = drawings[::3]
    digits, numbers = [d.digit for d in drawings], [d.digit for d in drawings]
    as_strokes = reader.read_many([d.strokes for d in drawings], numbers)
    inks = [strokes.draw(d.strokes, canvas=280, size=180, brush=12, centre=(0.4, 0.5)) for d in drawings]
    as_ink = reader.read_many(inks, numbers)
    assert accuracy(as_strokes, digits) >= 0.985 and accuracy(as_ink, digits) >= 0.985
    assert all(r.sum == r.digit + n for r, n in zip(as_strokes, numbers, strict=True))


def test_reading_is_complete(reader, drawings):
    reading = reader.read_strokes(drawings[0].strokes, 4)
    assert isinstance(reading.digit, int) and isinstance(reading.sum, int) and isinstance(reading.digit_score, float)
    assert reading.digit_probs.shape == (10,) and reading.sum_probs.shape == (19,)
    assert reading.digit_probs.sum() == pytest.approx(1, abs=1e-5)
    assert reading.sum_probs.sum() == pytest.approx(1, abs=1e-5)
    assert reading.digit == reading.digit_probs.argmax() and reading.sum == reading.sum_probs.argmax()
    assert reading.image.shape == (28, 28) and reading.image.dtype == np.float32
    np.testing.assert_array_equal(reading.image, raster.strokes_to_mnist(drawings[0].strokes))


def test_many_are_read_as_one_by_one(reader, drawings):
    few = [d.strokes for d in drawings[:5]] + [strokes.draw(drawings[5].strokes, canvas=99, size=80, brush=6), []]
    numbers = np.arange(7)
    for reading, drawing, number in zip(reader.read_many(few, numbers), few, numbers, strict=True):
        alone = (
            reader.read(drawing, number) if isinstance(drawing, np.ndarray) else reader.read_strokes(drawing, number)
        )
        assert (alone.digit, alone.sum) == (reading.digit, reading.sum)
        np.testing.assert_allclose(alone.sum_probs, reading.sum_probs, atol=1e-5)
    assert reader.read_many([], []) == []


@pytest.mark.parametrize("blank", [[], [[]], [[(5, 5)]], np.zeros((280, 280), np.uint8), np.zeros((1, 1), np.uint8)])
def test_blank_is_no_digit_and_the_network_is_not_asked(reader, blank, monkeypatch):
    monkeypatch.setattr(reader, "network", None)
    reading = reader.read_many([blank], [3])[0]
    assert not reading.is_digit and reading.digit is None and reading.sum is None and reading.digit_score == 0
    assert reading.digit_probs.sum() == pytest.approx(1) and reading.sum_probs.sum() == pytest.approx(1)
    assert reading.sum_probs.nonzero()[0].tolist() == list(range(3, 13))
    assert not reading.image.any()


def test_shipped_weights_know_what_is_no_digit(reader, drawings, rng):
    digits = reader.read_many([d.strokes for d in drawings[::2]], [5] * len(drawings[::2]))
    assert np.mean([not reading.is_digit for reading in digits]) <= 0.01
    two = [
        strokes_of + [np.add(s, (700, 0)) for s in other]
        for strokes_of, other in zip(
            [d.strokes for d in drawings[:100]], [d.strokes for d in drawings[100:200]], strict=True
        )
    ]
    for kind in (
        two,
        *([getattr(negatives, name)(rng) for _ in range(100)] for name in ("scribble", "zigzag", "spiral")),
    ):
        assert np.mean([not reading.is_digit for reading in reader.read_many(kind, [5] * 100)]) >= 0.9
    for height in (0, 5, 10):
        assert not reader.read_strokes([[(0, 0), (50, height), (100, 0)]], 5).is_digit, "a line that lies is no digit"


@pytest.mark.parametrize("number", [-1, 10, 3.0, 3.7, "3", None, True, float("nan"), [3], np.float32(3)])
def test_number_must_be_0_to_9(reader, number):
    with pytest.raises(ValueError, match="integer from 0 to 9"):
        reader.read(np.zeros((28, 28), np.uint8), number)


@pytest.mark.parametrize(
    "ink",
    [
        np.zeros((28, 28), np.float32),
        np.zeros((28, 28), np.int64),
        np.zeros((28, 28), bool),
        np.zeros((28, 28, 1), np.uint8),
        np.zeros(28, np.uint8),
        np.zeros((0, 28), np.uint8),
        np.zeros((1, 4097), np.uint8),
        np.full((28, 28), np.nan),
        "ink",
        None,
    ],
)
def test_ink_must_be_grey_bytes(reader, ink):
    with pytest.raises(ValueError, match=r"ink must|strokes must|stroke 0 must"):
        reader.read(ink, 3)
    with pytest.raises(ValueError):
        reader.read_strokes(ink, 3)


def test_as_many_numbers_as_drawings(reader):
    with pytest.raises(ValueError, match="not 1 for 2"):
        reader.read_many([[], []], [1])


def test_threads_share_a_reader(reader, drawings):
    jobs = [(d.strokes, i % 10) for i, d in enumerate(drawings[:60])]
    alone = [reader.read_strokes(*job) for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda job: reader.read_strokes(*job), jobs))
    assert [(r.digit, r.sum) for r in together] == [(r.digit, r.sum) for r in alone]


def test_all_numbers_from_one_look(reader):
    for drawing in ([[(20, 10), (80, 10), (40, 90)]], np.zeros((28, 28), np.uint8), []):
        [at_once], one_by_one = reader.read_all_numbers([drawing]), reader.read_many([drawing] * 10, range(10))
        for ours, other in zip(at_once, one_by_one, strict=True):
            assert (ours.digit, ours.sum, ours.is_digit) == (other.digit, other.sum, other.is_digit)
            np.testing.assert_allclose(ours.sum_probs, other.sum_probs, atol=1e-5)
            np.testing.assert_array_equal(ours.image, other.image)
    with pytest.raises(ValueError, match="not finite"):
        reader.read_all_numbers([[[(0, float("nan"))]]])
