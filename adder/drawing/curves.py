"""The line that a pen takes from point to point: smooth, as the page paints it, or straight.

Strokes are a list of (N, 2) arrays of points, none empty. Everything happens for all strokes of a drawing at once.
"""

from itertools import accumulate, pairwise

import numpy as np

Strokes = list[np.ndarray]  # (N, 2) each: the points from pen down to pen up, x right, y down

PIECE = 1 / 16  # of the drawing's size: where two points lie farther apart, a curve leads from one to the other
TINY = np.finfo(float).tiny
PIECES = 512  # about so many of them at most: a long scribble gets coarser ones
ROUNDNESS = 6  # of a turn, times its cosine: smooth up to 80 degrees; a right angle is a corner
BENDS = 0.15, 0.5  # cosines of the turns, 60 to 81 degrees, by which a device with few points takes a bend
BESIDE = 0.25  # more of the cosine beside such a turn to the same side: smooth up to 95 degrees there
STRAIGHT = 0.01  # a chord whose curve leaves it at a smaller angle, in radians, at both ends needs no points between


def curve(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """The smooth curve through all points of each stroke that the page paints too (web/curve.js).

    Points are put only between those that are far apart, on a cubic whose directions at its ends follow the circle
    through three neighbours (Catmull and Rom 1974); where a stroke turns sharply there is a corner, a little less soon
    beside a bend to the same side, as in a zero of six points.
    """
    points, chords, first = as_chords(strokes)
    lengths = np.abs(chords)
    piece = max(PIECE * max(np.ptp(points.real), np.ptp(points.imag)), lengths.sum() / PIECES)
    if lengths.max() <= piece:
        return strokes
    along = chords / np.maximum(lengths, TINY)  # of length 1, or 0 where a stroke ends
    ways = np.zeros_like(points)  # the direction of the curve at each point, and how round it is there
    ways[1:] = along[:-1] * lengths[1:] + along[1:] * lengths[:-1]
    turns = along[1:] * along[:-1].conj()  # cosine and sine of each
    sides = np.sign(turns.imag)
    bends = np.pad(np.where((turns.real > BENDS[0]) & (turns.real < BENDS[1]), sides, 0), 1)
    beside = (bends[:-2] == sides) | (bends[2:] == sides)
    ways[1:] *= np.clip(ROUNDNESS * (turns.real + BESIDE * beside), 0, 1) / np.maximum(np.abs(ways[1:]), TINY)
    last = np.concatenate((first[1:], [len(points)])) - 1
    second, last_but_one = np.minimum(first + 1, last), np.maximum(last - 1, 0)
    for end, chord, inner in ((first, first, second), (last, last - 1, last_but_one)):
        ways[end] = along[chord] ** 2 * ways[inner].conj()  # mirrored at the chord: the same arc goes on
    after = np.concatenate((ways[1:], ways[:1]))
    aside = np.maximum(np.abs((along.conj() * ways).imag), np.abs((along.conj() * after).imag))
    of, t = divide(np.where(aside > STRAIGHT, lengths / piece, 0))
    bow = lengths[of] * t * (1 - t) * (ways[of] * (1 - t) - after[of] * t)
    return as_strokes(points[of] + chords[of] * (t * t * (3 - 2 * t)) + bow, of, first)


def dense(strokes: list[np.ndarray], piece: float) -> list[np.ndarray]:
    """The same lines with points at most `piece` apart, as a pen gives them."""
    points, chords, first = as_chords(strokes)
    of, t = divide(np.abs(chords) / piece)
    return as_strokes(points[of] + chords[of] * t, of, first)


def starts(strokes: list[np.ndarray]) -> np.ndarray:
    """The place of each stroke's first point among all points."""
    return np.array([0, *accumulate(len(stroke) for stroke in strokes[:-1])])


def as_chords(strokes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All points as complex numbers (N,), the way to the next of the stroke (N,), 0 from its last, and the `starts`."""
    points = np.ascontiguousarray(np.concatenate(strokes), float).view(complex)[:, 0]
    first = starts(strokes)
    chords = np.zeros_like(points)
    chords[:-1] = points[1:] - points[:-1]
    chords[first[1:] - 1] = 0
    return points, chords, first


def divide(pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many pieces each chord falls into, rounded up, at least 1 -> the chord of each, and where on it it begins.

    (M,) int and (M,) in [0, 1).
    """
    pieces = np.maximum(np.ceil(pieces), 1).astype(int)
    of = np.repeat(np.arange(len(pieces)), pieces)
    return of, (np.arange(len(of)) - (np.cumsum(pieces) - pieces)[of]) / pieces[of]


def as_strokes(points: np.ndarray, of: np.ndarray, first: np.ndarray) -> list[np.ndarray]:
    """Complex points as strokes again, by the chords that they lie on and the chords with which strokes begin."""
    bounds = [*np.searchsorted(of, first).tolist(), len(points)]
    pairs = points.view(float).reshape(-1, 2)
    return [pairs[start:end] for start, end in pairwise(bounds)]
