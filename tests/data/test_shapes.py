import numpy as np
import pytest

from adder.data.synthetic import glyphs, shapes
from adder.drawing import raster, strokes

SHAPES = shapes.SHAPES | shapes.VALIDATION_SHAPES | shapes.TEST_SHAPES
FONTS = glyphs.FONTS | glyphs.VALIDATION_FONTS | glyphs.TEST_FONTS


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_drawn_as_its_row_says(name, rng):
    rows = shapes.parse(SHAPES[name])
    for _ in range(10):
        drawing = strokes.as_strokes(shapes.shape(rng, {name: SHAPES[name]}))
        assert len(drawing) == len(rows)
        assert raster.strokes_to_mnist(drawing).max() > 0.9
        if not name.endswith("*"):
            low, high = (getattr(np.concatenate([p for _, p in rows]), end)(0) for end in ("min", "max"))
            points = np.concatenate(drawing)
            assert (points > low - 25).all() and (points < high + 25).all()


def test_no_shape_is_a_ring_or_a_stroke_alone():
    for row in SHAPES.values():
        parsed = shapes.parse(row)
        assert len(parsed) > 1 or row[0] != "o"
        assert len(parsed) > 1 or len(parsed[0][1]) > 3 or row in (SHAPES["check"], SHAPES["lightning"])


def test_a_closed_outline_nearly_closes_and_begins_anywhere(rng):
    begins = []
    for _ in range(40):
        (line,) = shapes.shape(rng, {"square": SHAPES["square"]})
        assert np.hypot(*(line[-1] - line[0])) < 20
        begins.append(tuple((line[0] > 50).tolist()))
    assert len(set(begins)) == 4


@pytest.mark.parametrize(
    ("every", "held_out"),
    [
        (SHAPES, (shapes.VALIDATION_SHAPES, shapes.TEST_SHAPES)),
        (FONTS, (glyphs.VALIDATION_FONTS, glyphs.TEST_FONTS)),
    ],
)
def test_shapes_and_fonts_that_are_held_out(every, held_out):
    training = {name: row for name, row in every.items() if not any(name in table for table in held_out)}
    assert sum(map(len, held_out)) + len(training) == len(every), "none is in two splits"
    for table in held_out:
        assert 0.09 < len(table) / len(every) < 0.25
    if every is SHAPES:
        assert len(set(every.values())) == len(every), "no two names have one outline"


def test_only_shapes_of_the_table_asked_for_are_drawn(rng):
    row = {"a": "0,0 100,0", "b": "0,0 0,100; 50,0 50,100"}
    assert {len(shapes.shape(rng, row)) for _ in range(40)} == {1, 2}


@pytest.mark.parametrize("font", FONTS)
def test_every_glyph_of_a_font_is_ink(font):
    assert len(glyphs.read(font)) >= 95
    for character in FONTS[font]:
        assert raster.strokes_to_mnist(strokes.as_strokes(glyphs.glyph(font, character))).max() > 0.9


def test_glyphs_are_the_letters_they_are_named_by():
    crossbar, left, right = sorted(glyphs.glyph("rowmans", "H"), key=lambda stroke: np.ptp(stroke, axis=0)[1])
    assert np.ptp(crossbar, axis=0)[1] == 0 and np.ptp(left, axis=0)[0] == np.ptp(right, axis=0)[0] == 0
    (angle,) = glyphs.glyph("rowmans", "<")
    assert angle[:, 0].argmin() not in (0, len(angle) - 1), "its tip points left"
    stem, _ = sorted(glyphs.glyph("rowmans", "!"), key=len, reverse=True)
    assert stem[:, 1].mean() < np.concatenate(glyphs.glyph("rowmans", "!"))[:, 1].max() - 5, "y points down"


def test_letters_that_read_as_digits_stay_out():
    latin = [
        FONTS[name] for name in ("rowmans", "rowmand", "timesr", "rowmant", "timesi", "timesib", "scripts", "scriptc")
    ]
    for kept in latin:
        assert not set(kept) & set("0123456789OoDQlIi|SsZzBbgqGCcyY()[]/\\-_.,:;'`")


def test_each_font_is_as_frequent(rng):
    fonts = {"rowmans": "AE", "timesr": "A"}
    drawn = [len(np.concatenate(glyphs.random_glyph(rng, fonts))) for _ in range(300)]
    serif = len(np.concatenate(glyphs.glyph("timesr", "A")))
    assert np.mean(np.array(drawn) == serif) == pytest.approx(0.5, abs=0.1)
