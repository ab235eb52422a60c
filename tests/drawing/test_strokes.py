from collections import Counter

import numpy as np
import pytest

from adder.data import pen_data
from adder.drawing import raster, strokes

SQUARE = [np.array([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)], float)]


@pytest.mark.parametrize("canvas, size, brush", [(28, 20, 2.5), (100, 80, 4), (280, 150, 20), (1000, 500, 12)])
def test_size_brush_and_place_are_as_asked(canvas, size, brush):
    ink = strokes.draw(SQUARE, canvas=canvas, size=size, brush=brush, centre=(0.5, 0.45))
    assert ink.shape == (canvas, canvas) and ink.dtype == np.uint8 and ink.max() == 255
    weight = ink.astype(float) / 255
    middle_row = weight[round(canvas * 0.45)]
    assert middle_row.sum() / 2 == pytest.approx(brush, abs=0.55), "the two sides of the square are a brush wide"
    rows, columns = (np.flatnonzero(weight.max(axis) > 0.5) for axis in (1, 0))
    assert np.ptp(rows) + 1 == pytest.approx(size, abs=1.5) and np.ptp(columns) + 1 == pytest.approx(size, abs=1.5)
    place = np.arange(canvas) + 0.5
    assert (weight.sum(0) @ place) / weight.sum() == pytest.approx(canvas * 0.5, abs=0.3)
    assert (weight.sum(1) @ place) / weight.sum() == pytest.approx(canvas * 0.45, abs=0.3)


def test_edges_are_smooth():
    ink = strokes.draw([np.array([(0.0, 0), (7, 20)])], canvas=28, size=20, brush=2.5)
    assert len(np.unique(ink)) > 20


def test_one_point_is_one_dot():
    ink = strokes.draw([np.array([(3.0, 4.0)])], canvas=28, size=20, brush=3)
    assert ink.sum() / 255 == pytest.approx(np.pi * 1.5**2, rel=0.25)


@pytest.mark.parametrize(
    "bad, words",
    [
        ("abc", "stroke 0"),
        (5, "list of"),
        (None, "list of"),
        (np.zeros((4, 2)), "list of"),
        ([[1, 2, 3]], "stroke 0"),
        ([[[1, 2, 3]]], "stroke 0"),
        ([[(1, 2)], [(1, 2), (3,)]], "stroke 1"),
        ([[("a", "b")]], "numbers"),
        ([[(True, False)]], "numbers"),
        ([[(0, float("nan"))]], "finite"),
        ([[(0, float("inf"))]], "finite"),
        ([[(1e300, 0), (-1e300, 0)]], "large"),
    ],
)
def test_what_is_not_strokes_is_refused(bad, words):
    with pytest.raises(ValueError, match=words):
        strokes.as_strokes(bad)


def test_empty_strokes_are_dropped():
    assert strokes.as_strokes([]) == []
    assert len(strokes.as_strokes([[], [(1, 2)], np.zeros((0, 2))])) == 1


def test_pendigits(data_dir):
    drawings = strokes.read_unipen(data_dir / "pendigits" / "pendigits-orig.tra")
    assert len(drawings) == 7494
    assert set(Counter(d.writer for d in drawings)) == set(range(1, 31))
    assert set(Counter(d.digit for d in drawings)) == set(range(10))
    assert all(d.strokes for d in drawings)
    sevens = [d for d in drawings if d.digit == 7]
    bottoms = [np.concatenate(d.strokes)[:, 1].argmax() / sum(map(len, d.strokes)) for d in sevens]
    assert np.median(bottoms) > 0.3, "the foot of a seven is drawn late: y points down"


def test_unipen_error_names_file_and_line(tmp_path):
    file = tmp_path / "mine.tra"
    file.write_text('.SEGMENT DIGIT 0 ? "8"\n.COMMENT 8 12 224\n 1 2\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine.tra, line 3"):
        strokes.read_unipen(file)


def shifted(x, y, size=0.0):
    return np.array([(x, y), (x + size, y + size)])


@pytest.mark.parametrize(
    "speck, is_kept",
    [
        (shifted(18, -8), False),  # a tap beyond the upper right corner
        (shifted(40, 40), False),
        (shifted(18, -8, size=0.4), False),  # a slip of the finger
        (shifted(5, 12.5), True),  # the point of an exclamation mark
        (shifted(5, 5), True),  # a dotted zero
        (shifted(18, -8, size=2.0), True),  # a stroke
    ],
)
def test_a_far_speck_is_left_out(speck, is_kept):
    assert len(strokes.without_far_specks([*SQUARE, speck])) == 1 + is_kept
    alone, with_speck = raster.strokes_to_mnist(SQUARE), raster.strokes_to_mnist([*SQUARE, speck])
    assert np.array_equal(alone, with_speck) != is_kept


@pytest.mark.parametrize(
    "place, is_kept", [((0.5, 17), True), ((2, 19), True), ((9, 17), False), ((0, 25), False), ((0, -7), False)]
)
def test_the_point_of_an_exclamation_mark_is_kept_though_far(place, is_kept):
    stroke = np.array([(0.0, 0), (1, 5), (0, 10)])
    assert len(strokes.without_far_specks([stroke, shifted(*place)])) == 1 + is_kept


def test_dots_alone_and_specks_everywhere_are_a_drawing():
    dots = [shifted(x, 0) for x in (0, 10, 20)]
    assert strokes.without_far_specks(dots) == dots
    dashes = [shifted(x, 0, size=0.2 + 5 * (x == 0)) for x in range(0, 100, 10)]
    assert strokes.without_far_specks(dashes) == dashes


def test_no_digit_that_people_drew_loses_a_stroke():
    for drawing in pen_data.drawings(pen_data.TRAINING, "pendigits"):
        assert strokes.without_far_specks(drawing.strokes) == drawing.strokes


def test_few_points_are_not_left_out(rng):
    square = SQUARE[0]
    for _ in range(30):
        (varied,) = strokes.augment_strokes([square], rng)
        assert len(varied) == len(square)
    (varied,) = strokes.augment_strokes([np.repeat(square, 8, 0)], rng)
    assert len(varied) >= 8
