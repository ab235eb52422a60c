"""Grey values of a picture -> masks of what may be ink: darker, or lighter, than the paper around. Knows no digit."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

LOOK_SIDE = 320  # px of the longer side, at which ink is looked for
SMALL_SIDE = 256  # px: what is smaller is enlarged smoothly
FAINTEST = 0.06  # of the paper's light, by which ink is darker
APART = 6  # grey values of ink and ground, in their deviations, where one threshold for the whole picture is trusted
RULE = 0.45  # of the picture's side: a straight line of this length is a rule, or a box's


class Ground(NamedTuple):
    """The picture as dark ink on light paper; `is_light` when it had to be inverted for it."""

    grey: np.ndarray  # (H, W) uint8
    darkness: np.ndarray  # (H, W) float32, 0 paper: by how much of the paper's light a pixel is darker
    noise: float  # its deviation on paper
    apart: float
    is_light: bool


def sized(grey: np.ndarray) -> np.ndarray:
    """The picture with its longer side between SMALL_SIDE and LOOK_SIDE."""
    longest = max(grey.shape)
    if SMALL_SIDE <= longest <= LOOK_SIDE:
        return grey
    factor = (SMALL_SIDE if longest < SMALL_SIDE else LOOK_SIDE) / longest
    shape = tuple(max(1, round(side * factor)) for side in reversed(grey.shape))
    return cv2.resize(grey, shape, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def ground_of(grey: np.ndarray, is_light: bool) -> Ground:
    """Paper is what a morphological closing leaves: it fills what is thinner than a fifth of the picture."""
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
    return Ground(grey, darkness, noise, apart(grey), is_light)


def apart(grey: np.ndarray) -> float:
    """How far apart the means of dark and light pixels are, by Otsu's threshold, in their standard deviation."""
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    dark = grey <= threshold
    if dark.all() or not dark.any():
        return 0.0
    within = dark.mean() * grey[dark].var() + (~dark).mean() * grey[~dark].var()
    return float((grey[~dark].mean() - grey[dark].mean()) / max(1.0, within**0.5))


def masks_of(ground: Ground) -> Iterator[tuple[str, np.ndarray]]:
    """By name, masks (H, W) uint8 of what may be ink: at half and a quarter of the darkest, and by Otsu's threshold."""
    darkest = float(np.percentile(ground.darkness, 99.9))
    if darkest > FAINTEST:
        yield "soft", (ground.darkness > 0.5 * darkest).astype(np.uint8) * 255
        yield "low", (ground.darkness > 0.25 * darkest).astype(np.uint8) * 255
    if ground.apart > APART:
        yield "flat", cv2.threshold(ground.grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1]


def without_rules(mask: np.ndarray) -> np.ndarray | None:
    """The mask without rules of paper and boxes, long straight lines; ink across one is joined. None without any."""
    length = [max(3, int(RULE * side)) for side in mask.shape]
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
