import json
import subprocess

import numpy as np
import pytest

from adder.drawing import curves, strokes
from adder.page.server.first_paint import PAD
from adder.page.server.html_head import WEB
from tests.machine import node

SEVEN = np.array([(0.0, 0), (10, 0), (4, 20)])  # README's
CORNERS = np.array([(0.0, 0), (10, 0), (10, 10), (0, 10), (0, 0)])


PAINTED = """
import {{ readFileSync }} from "node:fs";
import {{ curve }} from "{module}";
const {{ strokes, settings }} = JSON.parse(readFileSync(0, "utf-8"));
console.log(JSON.stringify(strokes.map((stroke) => curve(stroke, settings))));
"""


def circle(count):
    angle = np.linspace(0, 2 * np.pi, count)
    return np.column_stack((np.cos(angle), np.sin(angle)))


def places(points, line):
    """The rows of `line` that are the `points`, in their order."""
    found = []
    for point in points:
        start = found[-1] + 1 if found else 0
        found.append(start + int(np.flatnonzero((line[start:] == point).all(1))[0]))
    return found


def test_a_curve_goes_through_all_points(rng):
    drawing = [rng.random((count, 2)) for count in (9, 1, 2, 3)]
    for points, line in zip(drawing, curves.curve(drawing), strict=True):
        assert places(points, line)[-1] == len(line) - 1


@pytest.mark.parametrize("turn, tolerance", [(45, 0.01), (79, 0.06)])
def test_few_points_of_a_circle_become_round(turn, tolerance):
    angles = np.deg2rad(np.arange(6) * turn)
    (line,) = curves.curve([np.column_stack((np.cos(angles), np.sin(angles)))])
    assert len(line) > 30
    np.testing.assert_allclose(np.hypot(*line.T), 1, atol=tolerance)


def test_what_is_dense_stays_bit_for_bit():
    (line,) = curves.curve([circle(80)])
    assert np.array_equal(line, circle(80))


@pytest.mark.parametrize("then, corner", [(70, False), (-70, True), (50, True)])
def test_a_right_angle_is_round_beside_a_bend_to_the_same_side_alone(then, corner):
    """As in a zero of six points; the roof of a house turns by less beside its walls."""
    points = np.cumsum([0, *np.exp(1j * np.deg2rad([0, 90, 90 + then]))])
    (line,) = curves.curve([np.column_stack((points.real, points.imag))])
    assert (sharpest_turn(line) > 45) == corner


def sharpest_turn(line):
    ways = np.diff(line, axis=0) @ (1, 1j)
    return np.abs(np.angle(ways[1:] / ways[:-1], deg=True)).max()


def test_squares_by_a_shaky_hand_are_not_rounded_to_zeros(rng):
    squares = [CORNERS + rng.normal(0, 0.25, CORNERS.shape) for _ in range(500)]
    assert np.mean([sharpest_turn(*curves.curve([square])) > 45 for square in squares]) > 0.99


MIDDLES = (CORNERS[1:] + CORNERS[:-1]) / 2  # of the square's sides
SPARSE = np.insert(CORNERS, range(1, 5), MIDDLES, 0)


@pytest.mark.parametrize("points", [SEVEN, CORNERS, SPARSE, SEVEN.astype(int), SEVEN[:2], SEVEN[:1]])
def test_sharp_corners_stay_sharp(points):
    (line,) = curves.curve([points])
    assert np.array_equal(line, points)


@pytest.mark.parametrize("scale, shift", [(1e-6, 0), (1e6, -5e8)])
def test_neither_unit_nor_place_matters(rng, scale, shift):
    drawing = [rng.random((6, 2)), rng.random((4, 2))]
    for line, moved in zip(curves.curve(drawing), curves.curve([d * scale + shift for d in drawing]), strict=True):
        np.testing.assert_allclose(moved, line * scale + shift, atol=1e-6 * scale)


def test_strokes_do_not_bend_each_other(rng):
    drawing = [circle(8), circle(7) * 0.9 + 0.05]
    both = curves.curve(drawing)
    for alone, together in zip(drawing, both, strict=True):
        np.testing.assert_allclose(curves.curve([alone, CORNERS / 10])[0], together, atol=0.01)


def test_the_largest_drawing_costs_little_more_than_its_points(rng):
    turning = np.cumsum(np.full(4096, np.pi / 3))
    line = np.cumsum(np.column_stack((np.cos(turning), np.sin(turning))), 0)
    drawing = [part + rng.normal(0, 0.1, part.shape) for part in np.array_split(line, 64)]
    assert sum(map(len, curves.curve(drawing))) <= 2 * 4096 + curves.MAX_PIECES


def test_equal_points_and_none_between_are_no_error():
    (line,) = curves.curve([np.array([(0.0, 0), (0, 0), (5, 1), (5, 1), (9, 5)])])
    assert np.isfinite(line).all() and np.array_equal(line[-1], (9, 5))


def test_dense_adds_points_on_the_line():
    one, two = curves.dense([CORNERS, CORNERS[:1]], 0.9)
    assert np.hypot(*np.diff(one, axis=0).T).max() <= 0.9 and np.array_equal(two, CORNERS[:1])
    assert places(CORNERS, one)[-1] == len(one) - 1
    on_an_edge = np.isclose(one % 10, 0).any(1)
    assert on_an_edge.all()


def test_the_page_paints_the_same_curve(rng):
    angles = np.cumsum(rng.uniform(-1.7, 1.7, (20, 12)), 1)
    steps = rng.uniform(1, 3, (20, 12, 1))
    drawing = list(np.cumsum(steps * np.stack((np.cos(angles), np.sin(angles)), 2), 1))
    drawing += [SEVEN, CORNERS, SEVEN[:2], circle(8)]
    asked = {"strokes": [stroke.tolist() for stroke in drawing], "settings": PAD["curve"]}
    script = PAINTED.format(module=(WEB / "curve.js").as_uri())
    command = [node(), "--input-type=module", "--eval", script]
    said = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    painted = json.loads(said.stdout)
    bent = 0
    for stroke, beziers in zip(drawing, painted, strict=True):
        (line,) = curves.curve([stroke])
        at = places(stroke, line)
        for start, begin, end, bezier in zip(stroke[:-1], at[:-1], at[1:], beziers, strict=True):
            t = np.arange(end - begin + 1)[:, None] / (end - begin)
            one, two, three = np.array(bezier).reshape(3, 2)
            same = (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * one + 3 * (1 - t) * t**2 * two + t**3 * three
            np.testing.assert_allclose(line[begin : end + 1], same, atol=1e-9)
            bent += end - begin > 1
    assert bent > 100


def test_a_sharp_seven_is_read_as_it_is_painted():
    straight = strokes.draw([SEVEN], canvas=100, size=80, brush=5)
    dense = strokes.draw(curves.dense([SEVEN], 0.5), canvas=100, size=80, brush=5)
    assert np.abs(straight.astype(int) - dense).mean() < 1
