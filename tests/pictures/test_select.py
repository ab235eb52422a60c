"""Pictures are read through the real network: made of pen strokes, they hold a digit, none or several."""

import numpy as np
import pytest

from adder.pictures.decode import PictureError
from adder.pictures.select import cut, overlap, with_margin, within
from adder.reader import Reader
from bench import pictures, synthetic_pictures
from tests.photos import saved


@pytest.fixture(scope="module")
def reader(weights):
    return Reader.load(weights, "cpu")


@pytest.fixture(scope="module")
def measured(reader):
    kinds, _ = pictures.measure(reader, pictures.from_strokes(5))
    return kinds


def test_digits_in_pictures_are_read(measured):
    digits = [measured[kind] for kind in synthetic_pictures.DIGITS]
    right, every = sum(each["right"] for each in digits), sum(each["all"] for each in digits)
    assert every == 5 * len(synthetic_pictures.DIGITS) and right / every >= 0.95, measured
    assert min(each["right"] for each in digits) >= 4, measured


def test_what_is_no_digit_is_refused_and_several_are_said_to_be(measured):
    for kind in (*synthetic_pictures.NOTHING, *synthetic_pictures.DOODLES, "several"):
        assert measured[kind]["right"] >= measured[kind]["all"] - 1, (kind, measured[kind])


@pytest.fixture
def two():
    """A picture of a 2 and a 7, and where they are."""
    drawings = {
        2: [np.array([(20, 30), (50, 10), (80, 30), (20, 90), (85, 90)])],
        7: [np.array([(20, 10), (80, 10), (40, 90)])],
    }
    return synthetic_pictures.encode(synthetic_pictures.several(np.random.default_rng(0), [*drawings.values()]), "jpg")


def test_several_are_told_from_left_to_right_and_each_can_be_read(reader, two):
    with pytest.raises(PictureError, match="2 pieces that look like digits") as raised:
        reader.read_picture(two, 5)
    assert raised.value.kind == "several"
    left, right = raised.value.frames
    assert left[0] + left[2] < right[0] < 1
    readings = [reader.read_picture(two, 5, frame=with_margin(frame, 0.1)) for frame in (left, right)]
    assert [reading.digit for reading in readings] == [2, 7] and readings[0].sum == 7
    for reading, frame in zip(readings, (left, right), strict=True):
        assert overlap(reading.frame, frame) > 0.9


def test_a_reading_tells_the_frame_and_the_ink_of_its_digit(reader):
    grey = np.full((400, 800), 230, np.uint8)
    grey[100:300, 600:620] = 30
    reading = reader.read_picture(saved(grey, "PNG"), 3)
    assert (reading.digit, reading.sum) == (1, 4)
    np.testing.assert_allclose(reading.frame, (0.75, 0.25, 0.025, 0.5), atol=0.01)
    assert reading.ink.dtype == np.uint8 and set(np.unique(reading.ink)) <= {0, 255}
    assert reader.read(reading.ink, 3).digit == 1


@pytest.mark.parametrize("side", [1, 2, 28, 1000])
@pytest.mark.parametrize("light", [0, 127, 255])
def test_one_colour_holds_no_ink(reader, side, light):
    with pytest.raises(PictureError, match="No ink was found") as raised:
        reader.read_picture(saved(np.full((side, side), light, np.uint8), "PNG"), 0)
    assert raised.value.kind == "no ink"


def test_many_of_each_kind_at_once(reader):
    [photo] = [each for each in pictures.from_strokes(1) if each.kind == "photo"]
    stroke = [(20, 10), (80, 10), (40, 90)]
    strokes, from_picture = reader.read_many([[stroke], photo.content], [1, 2])
    assert (strokes.digit, strokes.sum, strokes.frame) == (7, 8, None)
    assert from_picture.sum == from_picture.digit + 2 and from_picture.frame
    with pytest.raises(PictureError):
        reader.read_many([b"rubbish"], [1])


def test_frames_within_frames():
    outer, inner = (0.5, 0.25, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)
    assert within(outer, inner) == (0.75, 0.5, 0.25, 0.25)
    assert with_margin((0.0, 0.4, 0.2, 0.2), 0.5) == pytest.approx((0, 0.3, 0.3, 0.4))
    assert overlap(outer, (0.0, 0.0, 1.0, 1.0)) == 1 and overlap(inner, (0.0, 0.0, 0.5, 0.5)) == 0
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert cut(grey, (0.5, 0.0, 0.5, 1.0)).tolist() == [[2, 3], [6, 7], [10, 11]]
    assert cut(grey, (0.99, 0.99, 0.01, 0.01)).tolist() == [[11]]
