import numpy as np
import pytest

from adder.data.synthetic import pen_noise
from adder.drawing import curves, raster, strokes

ANGLE = np.linspace(0, 2 * np.pi, 40)
ZERO = [np.column_stack((35 * np.sin(ANGLE), -50 * np.cos(ANGLE)))]
SEVEN = [np.array([(x, 0.0) for x in range(0, 61, 5)] + [(60 - x, 2.0 * x) for x in range(5, 51, 5)])]
SIZE = 100.0


@pytest.fixture(scope="module")
def by_digit(data_dir):
    drawings = strokes.read_unipen(data_dir / "pendigits" / "pendigits-orig.tra")
    return {digit: [d.strokes for d in drawings if d.digit == digit][:60] for digit in range(10)}


def distance(points, others):
    """From each point to the nearest of the others."""
    return np.hypot(*(points[:, None] - others).transpose(2, 0, 1)).min(1)


def test_gaps_take_a_piece_out_and_leave_the_rest(rng):
    gaps = []
    for _ in range(40):
        parts = pen_noise.gaps(ZERO, SIZE, rng)
        assert distance(np.concatenate(parts), np.concatenate(curves.dense(ZERO, 1))).max() < 1
        gaps += [np.hypot(*(parts[1][0] - parts[0][-1]))] if len(parts) == 2 else []
    assert 15 < len(gaps) < 40 and 5 < min(gaps) < max(gaps) < 20


def test_few_points_are_some_of_the_points(rng):
    (few,) = pen_noise.few_points(ZERO, SIZE, rng)
    assert 5 <= len(few) <= 10 and distance(few, ZERO[0]).max() == 0
    assert np.array_equal(few[[0, -1]], ZERO[0][[0, -1]])


def test_what_lay_beyond_the_edge_lies_on_it(rng):
    ends = np.array([np.ptp(pen_noise.cut(ZERO, SIZE, rng)[0], axis=0) for _ in range(40)])
    assert (ends <= (70, 100)).all() and (ends >= (70 - 28, 100 - 28)).all() and len(np.unique(ends[:, 1])) > 10


def test_a_second_pass_stays_near_the_first(rng):
    first, second = pen_noise.drawn_twice(ZERO, SIZE, rng)
    assert first is ZERO[0] and 0 < np.abs(second - first).max() < 0.15 * SIZE


def test_a_tail_goes_on(rng):
    (line,) = pen_noise.tail([SEVEN[0]], SIZE, rng)
    way = line[-1] - line[-2]
    assert len(line) == len(SEVEN[0]) + 1 and 5 <= np.hypot(*way) <= 16
    assert way @ (-1, 2) == pytest.approx(np.hypot(*way) * np.sqrt(5))


def test_a_tap_lies_outside_and_not_below(rng):
    for _ in range(50):
        *_, speck = pen_noise.tap(ZERO, SIZE, rng)
        x, y = speck.mean(0)
        assert abs(x) > 40 or y < -55
        assert np.ptp(speck, axis=0).max() < 0.05 * SIZE


@pytest.mark.parametrize("spoil", dict.fromkeys(pen_noise.SPOILS))
def test_what_is_spoilt_can_still_be_drawn(spoil, by_digit, rng):
    for drawings in by_digit.values():
        for drawing in drawings[:20]:
            spoilt = strokes.as_strokes(spoil(drawing, strokes.extent(drawing), rng))
            assert spoilt and raster.strokes_to_mnist(spoilt).max() > 0.9


def test_strokes_keep_together_when_stretched_and_rotated(rng):
    cross = [np.array([(0.0, 5), (10, 5)]), np.array([(5.0, 0), (5, 10)])]
    for change in (pen_noise.stretched, pen_noise.rotated):
        one, two = change(cross, 10.0, rng)
        np.testing.assert_allclose(one.mean(0), two.mean(0))


def test_the_seed_decides_which_are_spoilt_and_how():
    def spoilt(seed):
        rng = np.random.default_rng(seed)
        return [np.concatenate(pen_noise.spoil(ZERO, rng)) for _ in range(200)]

    one, same, other = spoilt(1), spoilt(1), spoilt(2)
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert np.mean([np.array_equal(each, ZERO[0]) for each in one]) == pytest.approx(1 - pen_noise.SPOILT, abs=0.12)


def test_only_digits_that_people_write_in_other_ways_are_rewritten(by_digit, rng):
    for digit, drawings in by_digit.items():
        changed = [pen_noise.rewrite(digit, drawing, rng) is not drawing for drawing in drawings * 5]
        expected = pen_noise.REWRITTEN if digit in (0, 1, 4, 7, 9) else 0
        assert np.mean(changed) == pytest.approx(expected, abs=0.1)
    assert pen_noise.rewrite(strokes.NO_DIGIT, ZERO, rng) is ZERO


def test_a_zero_is_slashed_dotted_or_dashed(rng):
    counts = [len(pen_noise.zero([stroke / SIZE + (0.35, 0.5) for stroke in ZERO], rng)) for _ in range(60)]
    assert counts.count(2) > 30 and max(counts) > 5


def test_a_bar_crosses_the_stem_of_a_seven(rng):
    (stem, bar) = pen_noise.seven([stroke / SIZE for stroke in SEVEN], rng)
    middle = bar.mean(0)
    assert distance(middle[None], stem).max() < 0.03 and 0.35 < middle[1] < 0.7
    barred = [stem, bar]
    assert pen_noise.seven(barred, rng) is barred
