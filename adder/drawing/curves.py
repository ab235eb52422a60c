"""The line that a pen takes from point to point: smooth, as the page paints it, or straight.

Each function handles all strokes of a drawing at once; no stroke is empty.
"""

from itertools import accumulate, pairwise

import numpy as np

Strokes = list[np.ndarray]  # (N, 2) each: the points from pen down to pen up, x right, y down

MAX_GAP = 1 / 16  # of the drawing's size: points farther apart get more points between them, on a curve
MAX_PIECES = 512  # roughly, in one drawing: a long scribble gets longer pieces
TINY = np.finfo(float).tiny
ROUNDNESS = 6  # times the cosine of a turn: fully smooth up to 80 degrees; a right angle is a corner
BEND_COSINES = 0.15, 0.5  # turns of 60 to 81 degrees, as a mouse or tablet with few points draws a bend
BEND_BONUS = 0.25  # added to the cosine of a turn beside such a bend to the same side: smooth up to 95 degrees
STRAIGHT = 0.01  # radians: a chord that makes a smaller angle with its curve, at both ends, needs no more points


def curve(strokes: Strokes) -> Strokes:
    """The smooth curve through all points of each stroke, the same that the page paints (web/curve.js).

    Only points that are far apart get new points between them. These lie on a cubic whose directions at both ends
    follow the circle through three neighbouring points (Catmull and Rom 1974). A sharp turn stays a corner; beside a
    bend to the same side, as in a zero of six points, it has to be a little sharper.
    """
    points, chords, first = chords_of(strokes)
    lengths = np.abs(chords)
    piece = max(MAX_GAP * max(np.ptp(points.real), np.ptp(points.imag)), lengths.sum() / MAX_PIECES)
    if lengths.max() <= piece:
        return strokes
    directions = chords / np.maximum(lengths, TINY)  # of length 1, or 0 where a stroke ends
    tangents = np.zeros_like(points)  # direction of the curve at each point, of length 0 (corner) to 1 (smooth)
    tangents[1:] = directions[:-1] * lengths[1:] + directions[1:] * lengths[:-1]
    turns = directions[1:] * directions[:-1].conj()  # cosine + i sine
    sides = np.sign(turns.imag)
    bends = np.pad(np.where((turns.real > BEND_COSINES[0]) & (turns.real < BEND_COSINES[1]), sides, 0), 1)
    is_beside_bend = (bends[:-2] == sides) | (bends[2:] == sides)
    smoothness = np.clip(ROUNDNESS * (turns.real + BEND_BONUS * is_beside_bend), 0, 1)
    tangents[1:] *= smoothness / np.maximum(np.abs(tangents[1:]), TINY)
    last = np.concatenate((first[1:], [len(points)])) - 1
    second, last_but_one = np.minimum(first + 1, last), np.maximum(last - 1, 0)
    for end, chord, inner in ((first, first, second), (last, last - 1, last_but_one)):
        tangents[end] = directions[chord] ** 2 * tangents[inner].conj()  # mirrored at the chord: one circular arc
    next_tangents = np.concatenate((tangents[1:], tangents[:1]))
    angles = np.maximum(np.abs((directions.conj() * tangents).imag), np.abs((directions.conj() * next_tangents).imag))
    chord, t = divide_chords(np.where(angles > STRAIGHT, lengths / piece, 0))
    bow = lengths[chord] * t * (1 - t) * (tangents[chord] * (1 - t) - next_tangents[chord] * t)
    return split_into_strokes(points[chord] + chords[chord] * (t * t * (3 - 2 * t)) + bow, chord, first)


def dense(strokes: Strokes, spacing: float) -> Strokes:
    """The same lines with points added until neighbours are at most `spacing` apart, as a pen gives them."""
    points, chords, first = chords_of(strokes)
    chord, t = divide_chords(np.abs(chords) / spacing)
    return split_into_strokes(points[chord] + chords[chord] * t, chord, first)


def start_indices(strokes: Strokes) -> np.ndarray:
    """(strokes,) int: the index of each stroke's first point among all points."""
    return np.array([0, *accumulate(len(stroke) for stroke in strokes[:-1])])


def chords_of(strokes: Strokes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All points as complex numbers (N,), the steps to the next point (N,), 0 where a stroke ends, `start_indices`."""
    points = np.ascontiguousarray(np.concatenate(strokes), float).view(complex)[:, 0]
    first = start_indices(strokes)
    chords = np.zeros_like(points)
    chords[:-1] = points[1:] - points[:-1]
    chords[first[1:] - 1] = 0
    return points, chords, first


def divide_chords(pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many pieces each chord has, rounded up to 1 or more -> of each piece: its chord, and where on it it starts.

    (M,) int and (M,) float in [0, 1).
    """
    pieces = np.maximum(np.ceil(pieces), 1).astype(int)
    chord = np.repeat(np.arange(len(pieces)), pieces)
    return chord, (np.arange(len(chord)) - (np.cumsum(pieces) - pieces)[chord]) / pieces[chord]


def split_into_strokes(points: np.ndarray, chord: np.ndarray, first: np.ndarray) -> Strokes:
    """Complex points (M,) -> strokes. `chord` (M,) is the chord of each point, `first` each stroke's first chord."""
    bounds = [*np.searchsorted(chord, first).tolist(), len(points)]
    pairs = points.view(float).reshape(-1, 2)
    return [pairs[start:end] for start, end in pairwise(bounds)]
