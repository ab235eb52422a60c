import itertools

import cv2
import numpy as np
import pytest

from adder.data.synthetic import negatives
from adder.drawing import raster, strokes

LOOP = [np.column_stack((np.cos(a), np.sin(a))) for a in [np.linspace(0, 6.28, 40)]]
KINDS = ("scribble", "zigzag", "spiral", "mark")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_drawn(kind, rng):
    for _ in range(50):
        drawing = strokes.as_strokes(getattr(negatives, kind)(rng))
        assert raster.strokes_to_mnist(drawing).max() > 0.9


def test_all_kinds_occur_as_often_as_the_table_says(rng, monkeypatch):
    made = []
    for table in (negatives.ALONE, negatives.OF_DIGITS, negatives.OF_NON_DIGITS):
        for kind, (share, _) in list(table.items()):
            monkeypatch.setitem(table, kind, (share, lambda *_, kind=kind: made.append(kind)))
    for _ in range(3000):
        negatives.synthesise(rng, [LOOP], [LOOP])
    shares = {
        kind: share for kind, (share, _) in (negatives.ALONE | negatives.OF_DIGITS | negatives.OF_NON_DIGITS).items()
    }
    for kind, share in shares.items():
        assert made.count(kind) / 3000 == pytest.approx(share / sum(shares.values()), abs=0.03)
    made.clear()
    for _ in range(300):
        negatives.synthesise(rng, [], [])
    assert set(made) == set(negatives.ALONE)


def test_a_synthetic_drawing_is_dense_as_a_pens_line(rng):
    for _ in range(300):
        drawing = negatives.synthesise(rng, [], [])
        steps = np.concatenate([np.hypot(*np.diff(stroke, axis=0).T) for stroke in drawing])
        assert steps.max() < 0.3 * strokes.extent(drawing), "a corner is never lost when points are left out"


def test_no_synthetic_non_digit_is_left_a_plain_stroke(rng):
    for _ in range(2000):
        drawing = strokes.without_far_specks(strokes.augment_strokes(negatives.synthesise(rng, [], []), rng))
        pieces = cv2.connectedComponents((raster.strokes_to_mnist(drawing) > 0.5).astype(np.uint8))[0] - 1
        if pieces > 1:
            continue  # an exclamation mark, dots in line
        points = np.concatenate(drawing)
        upright = points - points.mean(0)
        across, along = np.linalg.svd(upright, compute_uv=False)[::-1]
        direction = np.linalg.svd(upright)[2][0]
        assert across > 0.02 * along or abs(direction[0]) > abs(direction[1]), "an upright stroke is a one"


def test_a_collage_holds_a_whole_drawing_and_more(rng):
    cross = [np.array([(0.0, 0.0), (1.0, 1.0)]), np.array([(1.0, 0.0), (0.0, 1.0)])]
    for _ in range(30):
        first, second, *more = negatives.collage(rng, [cross])
        assert np.array_equal(first, cross[0]) and np.array_equal(second, cross[1]) and 1 <= len(more) <= 4


def test_a_sign_stands_beside_the_digit(rng):
    alone = np.concatenate(negatives.unit([LOOP])[0])
    for _ in range(60):
        digit, *signs = negatives.with_a_sign(rng, [LOOP])
        assert np.array_equal(digit, alone) and signs
        beside = [stroke[:, 0].max() < alone[:, 0].min() or stroke[:, 0].min() > alone[:, 0].max() for stroke in signs]
        assert all(beside), "it touches nothing"


def test_struck_out_digits_are_crossed_more_than_once(rng):
    for _ in range(30):
        first, *strikes = negatives.struck_out(rng, [LOOP])
        crossings = sum(int((np.diff(np.sign(line[:, 0] - 0.5)) != 0).sum()) for line in strikes)
        assert crossings >= 2 and np.ptp(first, axis=0).max() == pytest.approx(1)


def test_a_frame_lies_around_its_digit(rng):
    for _ in range(30):
        digit, *frame = negatives.framed(rng, [LOOP])
        outside = np.concatenate(frame)
        assert (outside.min(0) < digit.min(0)).all() and (outside.max(0) > digit.max(0)).all()
        assert len(frame) in (1, 4)


def test_bending_moves_points_a_little_and_lines_no_longer_straight(rng):
    line = [np.column_stack((np.linspace(0, 100, 50), np.zeros(50)))]
    moved = [np.abs(negatives.bend(line, rng)[0] - line[0]).max() for _ in range(50)]
    assert 0.5 < np.median(moved) < 8 and max(moved) < 25


def test_several_stand_side_by_side(rng):
    for _ in range(20):
        drawing = negatives.several(rng, [LOOP])
        boxes = [(stroke[:, 0].min(), stroke[:, 0].max()) for stroke in drawing]
        assert 2 <= len(boxes) <= 3
        assert all(right < left for (_, right), (left, _) in itertools.pairwise(boxes))


def test_fragments_lie_down_and_are_parts(rng):
    for _ in range(50):
        (piece,) = negatives.fragment(rng, [LOOP])
        width, height = np.ptp(piece, axis=0)
        assert width > 1.3 * height and len(piece) <= 0.4 * len(LOOP[0])


def test_the_seed_decides_and_seeds_differ():
    def twenty(seed):
        rng = np.random.default_rng(seed)
        return [np.concatenate(negatives.synthesise(rng, [LOOP], [LOOP])) for _ in range(20)]

    assert all(np.array_equal(a, b) for a, b in zip(twenty(1), twenty(1), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(twenty(1), twenty(2), strict=True))


def test_without_digits_nothing_is_taken_from_them(rng):
    assert all(negatives.synthesise(rng, [], []) for _ in range(50))


def test_smooth_goes_through_all_points(rng):
    points = rng.random((6, 2))
    curve = negatives.smooth(points, between=8)
    np.testing.assert_allclose(curve[::8], points[:-1])


def test_rotate():
    np.testing.assert_allclose(negatives.rotate(np.array([(1.0, 0.0)]), np.pi / 2), [(0, 1)], atol=1e-12)
