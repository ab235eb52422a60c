import numpy as np

from adder.data.synthetic import glyphs, printed
from adder.drawing import raster


def test_all_digits_of_a_font_and_in_segments_are_ink():
    drawings = printed.of_fonts(printed.FONTS) + printed.in_segments()
    assert [drawing.digit for drawing in drawings] == list(range(10)) * (len(printed.FONTS) + 2)
    assert len({drawing.writer for drawing in drawings}) == len(printed.FONTS) + 2
    assert all(raster.strokes_to_mnist(drawing.strokes).max() > 0.9 for drawing in drawings)


def test_no_digit_of_a_font_that_is_held_out_is_learned_under_another_name():
    def digits(fonts):
        return {np.concatenate(drawing.strokes).tobytes() for drawing in printed.of_fonts(fonts)}

    tables = (printed.FONTS, printed.VALIDATION_FONTS, printed.TEST_FONTS)
    assert sum(len(digits(table)) for table in tables) == len(set.union(*map(digits, tables)))
    assert not set(printed.FONTS) & {*glyphs.VALIDATION_FONTS, *glyphs.TEST_FONTS}


def test_segments_are_those_that_a_display_lights():
    upright = printed.in_segments()[:10]
    assert [len(drawing.strokes) for drawing in upright] == [6, 2, 5, 5, 4, 5, 6, 3, 7, 6]
    for drawing in upright:
        ends = np.array([(stroke[0], stroke[-1]) for stroke in drawing.strokes])
        assert (np.hypot(*np.diff(ends, axis=1)[:, 0].T) < 1).all(), "they do not touch"
    one = np.concatenate(upright[1].strokes)
    assert np.ptp(one[:, 0]) == 0, "at the right"
