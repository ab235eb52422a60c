"""Grey values of a picture -> masks of what may be ink: darker, or lighter, than the paper around it."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

MAX_SIDE = 320  # px, the longer side in which ink is sought
MIN_SIDE = 256  # px: a smaller picture is enlarged
MIN_DARKNESS = 0.06  # of the paper's light: ink is darker by more
MIN_SEPARATION = 6  # with more, one threshold serves the whole picture
RULE_LENGTH = 0.45  # of the picture's side: a straight line as long as this is a rule of the paper, or part of a box


class Ground(NamedTuple):
    """The picture as dark ink on light paper."""

    grey: np.ndarray  # (H, W) uint8, inverted if `is_light`
    darkness: np.ndarray  # (H, W) float32, 0 for paper, 1 for black: how much darker than the paper, as a share of it
    noise: float  # the standard deviation of `darkness` on paper
    separation: float  # of dark and light pixels, see `separation_of`
    is_light: bool  # light ink on a dark ground


def resized(grey: np.ndarray) -> np.ndarray:
    """The picture (H, W) uint8 with a longer side of MIN_SIDE to MAX_SIDE."""
    longest = max(grey.shape)
    if MIN_SIDE <= longest <= MAX_SIDE:
        return grey
    factor = (MIN_SIDE if longest < MIN_SIDE else MAX_SIDE) / longest
    shape = tuple(max(1, round(side * factor)) for side in reversed(grey.shape))
    return cv2.resize(grey, shape, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def ground_of(grey: np.ndarray, is_light: bool) -> Ground:
    """Grey values (H, W) uint8 -> Ground. A morphological closing finds the paper: it removes all dark details that
    are thinner than a fifth of the picture.
    """
    grey = 255 - grey if is_light else grey
    height, width = grey.shape
    small = cv2.resize(grey, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    reach = max(3, max(small.shape) // 5 | 1)
    paper = cv2.morphologyEx(cv2.GaussianBlur(small, (3, 3), 0), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    paper = cv2.GaussianBlur(paper.astype(np.float32), (0, 0), 2)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    darkness = (paper - cv2.GaussianBlur(grey, (3, 3), 0)) / np.maximum(paper, 30)
    darkness -= np.median(darkness)
    noise = 1.4826 * float(np.median(np.abs(darkness)))
    return Ground(grey, darkness, noise, separation_of(grey), is_light)


def separation_of(grey: np.ndarray) -> float:
    """The means of light and dark pixels, split at Otsu's threshold: their difference in standard deviations."""
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    dark = grey <= threshold
    if dark.all() or not dark.any():
        return 0.0
    within = dark.mean() * grey[dark].var() + (~dark).mean() * grey[~dark].var()
    return float((grey[~dark].mean() - grey[dark].mean()) / max(1.0, within**0.5))


def masks_of(ground: Ground) -> Iterator[tuple[str, np.ndarray]]:
    """Masks (H, W) uint8, 0 or 255, of what may be ink: above 'half' or a 'quarter' of the greatest darkness, and by
    Otsu's threshold, 'otsu'.
    """
    darkest = float(np.percentile(ground.darkness, 99.9))
    if darkest > MIN_DARKNESS:
        yield "half", (ground.darkness > 0.5 * darkest).astype(np.uint8) * 255
        yield "quarter", (ground.darkness > 0.25 * darkest).astype(np.uint8) * 255
    if ground.separation > MIN_SEPARATION:
        yield "otsu", cv2.threshold(ground.grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1]


def without_rules(mask: np.ndarray) -> np.ndarray | None:
    """The mask without long straight lines, as of ruled paper and boxes, and ink across them joined again.

    None if there are no such lines.
    """
    length = [max(3, int(RULE_LENGTH * side)) for side in mask.shape]
    across = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, length[1]), np.uint8))
    down = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((length[0], 1), np.uint8))
    if not across.any() and not down.any():
        return None
    lines = np.maximum(cv2.dilate(across, np.ones((3, 1), np.uint8)), cv2.dilate(down, np.ones((1, 3), np.uint8)))
    rest = cv2.bitwise_and(mask, cv2.bitwise_not(lines))
    joined = np.zeros_like(mask)
    if across.any():
        joined |= cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((9, 3), np.uint8))
    if down.any():
        joined |= cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8))
    return np.maximum(rest, np.minimum(np.minimum(joined, lines), mask))
