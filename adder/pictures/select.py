"""Selects the candidate in a picture that the network is most confident is a digit."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from adder.drawing.raster import is_prepared
from adder.pictures.candidates import Candidate, Frame, candidates
from adder.pictures.decode import PictureError
from adder.pictures.ink_masks import MAX_SIDE, grey_of

HIGH_CONFIDENCE = 0.9  # a plain candidate above it is the digit: no others are read
MIN_CONFIDENCE = 0.45  # with less it is not a digit, whatever the network says of the ink alone
PIECE_CONFIDENCE = 0.5  # without its prior: a piece above it counts as one of several digits
SMALL_DIGIT = 0.25  # of the picture's side: a smaller digit is read again, from the part of the picture around it

ReadInks = Callable[[Sequence[np.ndarray]], list]  # inks -> their Readings


class Option(NamedTuple):
    """A candidate and the Reading of its ink."""

    candidate: Candidate
    reading: Any

    @property
    def confidence(self) -> float:
        """In [0, 1]: that it is a digit, and this digit, times the candidate's prior."""
        return self.candidate.prior * self.reading.digit_score * float(self.reading.digit_probs.max())


def read_pixels(picture: np.ndarray, read: ReadInks) -> Any:
    """Grey values (H, W) or RGB (H, W, 3) uint8 -> the Reading, with frame and ink, of the most confident candidate.

    The Reading may say that it is not a digit. PictureError when there is no ink, or more than one digit. An image that
    looks like MNIST's (`is_prepared`) is read whole.
    """
    grey = grey_of(picture)
    if is_prepared(grey):
        return replace(read([grey])[0], frame=(0.0, 0.0, 1.0, 1.0), ink=grey)
    reading = select(picture, read)
    if max(reading.frame[2:]) < SMALL_DIGIT and max(grey.shape) > MAX_SIDE:
        wider = with_margin(reading.frame, 0.5)
        try:
            closer = select(cut(picture, wider), read)
        except PictureError:
            return reading
        if closer.is_digit:
            return replace(closer, frame=within(wider, closer.frame))
    return reading


def select(picture: np.ndarray, read: ReadInks) -> Any:
    """As `read_pixels`, but looks at the picture once."""
    options: list[Option] = []
    for batch in candidates(picture):
        readings = read([candidate.ink for candidate in batch])
        options += [Option(*pair) for pair in zip(batch, readings, strict=True)]
        if options and max(option.confidence for option in options) > HIGH_CONFIDENCE:
            break
    if not options:
        raise PictureError("No ink was found. One digit, large and dark on plain paper, works best.", "no ink")
    best = max(options, key=lambda option: (option.reading.is_digit, option.confidence))
    frames = frames_of_several(options, best)
    if frames:
        raise PictureError(f"I see {len(frames)} pieces that look like digits. Which one?", "several", frames)
    candidate, reading = best
    is_digit = reading.is_digit and best.confidence >= MIN_CONFIDENCE
    return replace(reading, frame=candidate.frame, ink=candidate.ink, is_digit=is_digit)


def frames_of_several(options: list[Option], best: Option) -> tuple[Frame, ...]:
    """If the best option's group holds several digits of similar height: their frames, from left to right; else ().

    They are one digit after all if an option that covers them all is read as a digit with HIGH_CONFIDENCE.
    """
    digits = [  # with the confidence before the prior
        (option.candidate, option.confidence / option.candidate.prior)
        for option in options
        if option.reading.is_digit and option.candidate.group == best.candidate.group
    ]
    for grouping in ("cluster", "piece"):
        pieces = [
            candidate.frame
            for candidate, confidence in digits
            if candidate.grouping == grouping and confidence > PIECE_CONFIDENCE
        ]
        found: list[Frame] = []
        for frame in sorted(pieces, key=lambda frame: -frame[3]):
            if not found or (frame[3] > 0.5 * found[0][3] and all(overlap(frame, other) < 0.1 for other in found)):
                found.append(frame)
        wholes = [
            candidate.frame
            for candidate, confidence in digits
            if candidate.grouping != "piece" and confidence > HIGH_CONFIDENCE
        ]
        is_one_digit = any(
            all(overlap(whole, piece) > 0.9 and area(whole) >= area(piece) for piece in found) for whole in wholes
        )
        if len(found) > 1 and not is_one_digit:
            return tuple(sorted(found))
    return ()


def area(frame: Frame) -> float:
    return frame[2] * frame[3]


def overlap(frame: Frame, other: Frame) -> float:
    """The share of the smaller frame that both cover."""
    sides = [
        max(0.0, min(frame[axis] + frame[axis + 2], other[axis] + other[axis + 2]) - max(frame[axis], other[axis]))
        for axis in (0, 1)
    ]
    return sides[0] * sides[1] / min(area(frame), area(other))


def cut(picture: np.ndarray, frame: Frame) -> np.ndarray:
    """The part of a picture (H, W) or (H, W, 3) that lies in a frame; at least one pixel."""
    height, width = picture.shape[:2]
    left, top = min(int(frame[0] * width), width - 1), min(int(frame[1] * height), height - 1)
    right, bottom = round((frame[0] + frame[2]) * width), round((frame[1] + frame[3]) * height)
    return picture[top : max(top + 1, bottom), left : max(left + 1, right)]


def with_margin(frame: Frame, margin: float) -> Frame:
    """The frame, larger on each side by `margin` times its longer side, but inside the picture."""
    extra = margin * max(frame[2:])
    left, top = max(0.0, frame[0] - extra), max(0.0, frame[1] - extra)
    right, bottom = min(1.0, frame[0] + frame[2] + extra), min(1.0, frame[1] + frame[3] + extra)
    return left, top, right - left, bottom - top


def within(outer: Frame, inner: Frame) -> Frame:
    """A frame in shares of an outer frame -> the same frame in shares of the picture."""
    return (
        outer[0] + inner[0] * outer[2],
        outer[1] + inner[1] * outer[3],
        inner[2] * outer[2],
        inner[3] * outer[3],
    )
