import itertools

import numpy as np
import pytest

from adder.drawing import image, strokes
from adder.learning import nondigits

LOOP = [np.column_stack((np.cos(a), np.sin(a))) for a in [np.linspace(0, 6.28, 40)]]
KINDS = ("scribble", "zigzag", "spiral", "mark")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_drawn(kind, rng):
    for _ in range(50):
        drawing = strokes.as_strokes(getattr(nondigits, kind)(rng))
        assert image.strokes_to_mnist(drawing).max() > 0.9


def test_several_stand_side_by_side(rng):
    for _ in range(20):
        drawing = nondigits.several(rng, [LOOP])
        boxes = [(stroke[:, 0].min(), stroke[:, 0].max()) for stroke in drawing]
        assert 2 <= len(boxes) <= 3
        assert all(right < left for (_, right), (left, _) in itertools.pairwise(boxes))


def test_fragments_lie_down_and_are_parts(rng):
    for _ in range(50):
        (piece,) = nondigits.fragment(rng, [LOOP])
        width, height = np.ptp(piece, axis=0)
        assert width > 1.3 * height and len(piece) <= 0.4 * len(LOOP[0])


def test_the_seed_decides_and_seeds_differ():
    def invented(seed):
        rng = np.random.default_rng(seed)
        return [np.concatenate(nondigits.invent(rng, [LOOP])) for _ in range(20)]

    assert all(np.array_equal(a, b) for a, b in zip(invented(1), invented(1), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(invented(1), invented(2), strict=True))


def test_without_digits_nothing_is_taken_from_them(rng):
    assert all(nondigits.invent(rng, []) for _ in range(50))


def test_smooth_goes_through_all_points(rng):
    points = rng.random((6, 2))
    curve = nondigits.smooth(points, between=8)
    np.testing.assert_allclose(curve[::8], points[:-1])


def test_turn_is_a_rotation():
    np.testing.assert_allclose(nondigits.rotate(np.array([(1.0, 0.0)]), np.pi / 2), [(0, 1)], atol=1e-12)
