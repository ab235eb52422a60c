"""Of what may be ink in a picture, what is the digit: by the word of who can tell digits. Knows no file, no network."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adder.drawing.raster import is_prepared
from adder.pictures.candidates import Candidate, Frame, candidates
from adder.pictures.decode import PictureError
from adder.pictures.ground import LOOK_SIDE

SURE = 0.9  # a plain candidate this sure is taken without asking for others
LEAST = 0.45  # of confidence: what is less is no digit, whatever the network says of its ink
DIGIT = 0.5  # confidence in a piece, to count as one of several digits
SMALL = 0.25  # of the picture's side: what is smaller is looked at more closely

Seen = list[tuple[Candidate, Any]]  # with the Reading of its ink


def read_grey(grey: np.ndarray, read: Callable[[Sequence[np.ndarray]], list]) -> Any:
    """Grey values (H, W) uint8 -> the Reading, with its frame, of what is most surely a digit; it may be refused.

    `read` makes the Readings of inks. Raises PictureError where there is no ink, or several digits. An image that is
    as MNIST's are is ink already, all of it.
    """
    if is_prepared(grey):
        return replace(read([grey])[0], frame=(0.0, 0.0, 1.0, 1.0), ink=grey)
    reading = _chosen(grey, read)
    if max(reading.frame[2:]) < SMALL and max(grey.shape) > LOOK_SIDE:
        around = with_margin(reading.frame, 0.5)
        try:
            closer = _chosen(cut(grey, around), read)
        except PictureError:
            return reading
        if closer.is_digit:
            return replace(closer, frame=within(around, closer.frame))
    return reading


def _chosen(grey: np.ndarray, read: Callable[[Sequence[np.ndarray]], list]) -> Any:
    seen: Seen = []
    for batch in candidates(grey):
        seen += zip(batch, read([each.ink for each in batch]), strict=True)
        if seen and max(map(confidence, seen)) > SURE:
            break
    if not seen:
        raise PictureError("No ink was found. One digit, large and dark on plain paper, works best.", "no ink")
    best = max(seen, key=lambda one: (one[1].is_digit, confidence(one)))
    frames = several(seen, best)
    if frames:
        raise PictureError(f"I see {len(frames)} pieces that look like digits. Which one?", "several", frames)
    candidate, reading = best
    return replace(
        reading, frame=candidate.frame, ink=candidate.ink, is_digit=reading.is_digit and confidence(best) >= LEAST
    )


def confidence(one: tuple[Candidate, Any]) -> float:
    """In [0, 1]: how surely it is a digit, and this one, for a candidate as plausible as it is."""
    candidate, reading = one
    return candidate.prior * reading.digit_score * float(reading.digit_probs.max())


def several(seen: Seen, best: tuple[Candidate, Any]) -> tuple[Frame, ...]:
    """Frames, from left to right, of pieces of similar height that are digits each, where no digit holds them all."""
    digits = [(one, each) for one, each in seen if each.is_digit and one.group[:-1] == best[0].group[:-1]]
    digits = [(one, confidence((one, each)) / one.prior) for one, each in digits]
    for way in ("near", "pieces"):
        found: list[Frame] = []
        pieces = [one.frame for one, sure in digits if one.group[-1] == way and sure > DIGIT]
        for frame in sorted(pieces, key=lambda frame: -frame[3]):
            if not found or (frame[3] > 0.5 * found[0][3] and all(overlap(frame, other) < 0.1 for other in found)):
                found.append(frame)
        wholes = [one.frame for one, sure in digits if one.group[-1] != "pieces" and sure > SURE]
        is_one = any(
            all(overlap(whole, each) > 0.9 and area(whole) >= area(each) for each in found) for whole in wholes
        )
        if len(found) > 1 and not is_one:
            return tuple(sorted(found))
    return ()


def area(frame: Frame) -> float:
    return frame[2] * frame[3]


def overlap(one: Frame, other: Frame) -> float:
    """The share of the smaller frame that both cover."""
    sides = [
        max(0.0, min(one[axis] + one[axis + 2], other[axis] + other[axis + 2]) - max(one[axis], other[axis]))
        for axis in (0, 1)
    ]
    return sides[0] * sides[1] / min(area(one), area(other))


def cut(grey: np.ndarray, frame: Frame) -> np.ndarray:
    """What of grey values (H, W) lies in a frame; at least a pixel."""
    height, width = grey.shape
    left, top = min(int(frame[0] * width), width - 1), min(int(frame[1] * height), height - 1)
    right, bottom = round((frame[0] + frame[2]) * width), round((frame[1] + frame[3]) * height)
    return grey[top : max(top + 1, bottom), left : max(left + 1, right)]


def with_margin(frame: Frame, margin: float) -> Frame:
    """The frame with so many times its longer side on each side, within the picture."""
    extra = margin * max(frame[2:])
    left, top = max(0.0, frame[0] - extra), max(0.0, frame[1] - extra)
    right, bottom = min(1.0, frame[0] + frame[2] + extra), min(1.0, frame[1] + frame[3] + extra)
    return left, top, right - left, bottom - top


def within(outer: Frame, inner: Frame) -> Frame:
    """A frame in shares of an outer frame, as shares of the picture."""
    return (
        outer[0] + inner[0] * outer[2],
        outer[1] + inner[1] * outer[3],
        inner[2] * outer[2],
        inner[3] * outer[3],
    )
