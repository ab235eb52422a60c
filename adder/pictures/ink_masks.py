"""A picture -> masks of what may be ink: darker or lighter than the paper around it, or of another colour."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

MAX_SIDE = 320  # px, the longer side in which ink is sought
MIN_SIDE = 256  # px: a smaller picture is enlarged
MIN_DARKNESS = 0.06  # of the paper's light: ink is darker by more
MIN_CHROMA = 16  # of 255: the distance of two colours, without their lightness, that count as different
MIN_SEPARATION = 6  # with more, one threshold serves the whole picture
RULE_LENGTH = 0.45  # of the picture's side: a straight line as long as this is a rule of the paper, or part of a box


class Ground(NamedTuple):
    """The picture as dark ink on light paper."""

    grey: np.ndarray  # (H, W) uint8, inverted if the ink is light
    darkness: np.ndarray  # (H, W) float32, 0 for paper, 1 for black: how much darker than the paper, as a share of it
    noise: float  # the standard deviation of `darkness` on paper
    separation: float  # of dark and light pixels, see `separation_of`
    tone: str  # of the ink: 'dark', 'light', or 'chroma' where its colour tells it from the paper


def resized(picture: np.ndarray) -> np.ndarray:
    """The picture (H, W) or (H, W, 3) uint8 with a longer side of MIN_SIDE to MAX_SIDE."""
    longest = max(picture.shape[:2])
    if MIN_SIDE <= longest <= MAX_SIDE:
        return picture
    factor = (MIN_SIDE if longest < MIN_SIDE else MAX_SIDE) / longest
    shape = tuple(max(1, round(side * factor)) for side in reversed(picture.shape[:2]))
    return cv2.resize(picture, shape, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def grey_of(picture: np.ndarray) -> np.ndarray:
    """Grey values (H, W) uint8 of a picture (H, W) or RGB (H, W, 3) uint8."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.ndim == 3 else picture


def quarter(picture: np.ndarray) -> np.ndarray:
    """The picture with sides that are a quarter as long."""
    height, width = picture.shape[:2]
    return cv2.resize(picture, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)


def chroma_of(picture: np.ndarray) -> np.ndarray | None:
    """RGB (H, W, 3) uint8 -> (H, W) uint8: 255 where the colour is that of the paper, less where it differs.

    It differs by the distance in Lab's a and b: lightness does not count. The paper is the median of a window as wide
    as half of the picture. None if there is no second colour.
    """
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    small = quarter(lab)
    paper = cv2.medianBlur(small, max(3, max(small.shape) // 2 | 1))
    paper = cv2.resize(paper, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    a, b = cv2.split(cv2.absdiff(lab, paper))[1:]
    distance = cv2.magnitude(a.astype(np.float32), b.astype(np.float32)).clip(0, 255).astype(np.uint8)
    return 255 - distance if quarter(distance).max() > MIN_CHROMA else None


def ground_of(grey: np.ndarray, tone: str) -> Ground:
    """Grey values, or those of `chroma_of`, (H, W) uint8 -> Ground. A morphological closing finds the paper: it removes
    all dark details that are thinner than a fifth of the picture.
    """
    grey = 255 - grey if tone == "light" else grey
    height, width = grey.shape
    small = quarter(grey)
    reach = max(3, max(small.shape) // 5 | 1)
    paper = cv2.morphologyEx(cv2.GaussianBlur(small, (3, 3), 0), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    paper = cv2.GaussianBlur(paper.astype(np.float32), (0, 0), 2)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    darkness = (paper - cv2.GaussianBlur(grey, (3, 3), 0)) / np.maximum(paper, 30)
    darkness -= np.median(darkness)
    noise = 1.4826 * float(np.median(np.abs(darkness)))
    return Ground(grey, darkness, noise, separation_of(grey), tone)


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
