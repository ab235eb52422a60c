"""A drawing -> the centred 28x28 image that the network expects, the way MNIST itself was made.

MNIST's digits were scaled to fit a 20x20 box with their proportions kept and then centred in 28x28 by their mass
(LeCun, Bottou, Bengio, Haffner 1998). Knows nothing of the network, and of strokes only how they are drawn.
"""

import cv2
import numpy as np

from adder.drawing import strokes as pen

SIDE = 28  # of the image
BOX = 20  # px, the digit's longer side
PEN = 2.5  # px, the median stroke width of MNIST's digits
PEN_RANGE = (2.0, 3.5)  # their 10th to 90th percentile: ink in this range keeps its width
THICKEST = 5.0  # px, their 99th percentile: beyond, a thinner pen reads better
FINE = 8  # everything before the last step happens at 8 times the image's resolution
MAX_CANVAS = 4096  # px a side
FAINTEST = 32  # of 255: a canvas without a darker pixel is blank
SMALLEST = 6  # px, a digit's longer side on the canvas
SOLID = 0.75  # of ink's mass, shrunk: what is less is paler than its edges make it
DOT = 0.4  # ink whose strokes are not longer than this share of its size is a dot
SOFT = 0.1  # of the ink in each of MNIST's digits, at least, is grey: its edges


def is_prepared(ink: np.ndarray) -> bool:
    """Whether ink (H, W) uint8 lies as MNIST's images do: 28x28, 20 px long, mass in the middle, edges grey, paper 0.

    Each within a pixel. All but one in a thousand of MNIST's training images are so, and what was shrunk to 28x28 in
    another way rarely is.
    """
    if ink.shape != (SIDE, SIDE) or ink.max() < 255 - FAINTEST:
        return False
    inked = ink >= FAINTEST
    _, _, width, height = cv2.boundingRect(inked.astype(np.uint8))
    moments = cv2.moments(ink)
    middle = np.array((moments["m10"], moments["m01"])) / moments["m00"]
    soft = np.count_nonzero(inked & (ink < 255 - FAINTEST)) / np.count_nonzero(inked)
    return bool(abs(max(width, height) - BOX) <= 1 and (abs(middle - SIDE / 2) <= 1).all() and soft >= SOFT)


def to_mnist(ink: np.ndarray) -> np.ndarray | None:
    """Ink (H, W) uint8, 0 paper .. 255 ink -> image (28, 28) float32 in [0, 1]; None for a blank canvas or a dot.

    The ink is cropped, its strokes brought to the width that MNIST's have, the longer side scaled to 20 px with area
    averaging and the mass centred: brush, canvas size and place do not matter. What `is_prepared` stays as it is,
    unless its pen is thicker than MNIST's.
    """
    if ink.max(initial=0) < FAINTEST:
        return None
    box = _crop(ink)
    if max(box.shape) < SMALLEST:
        return None
    size = BOX * FINE
    fine = _scale(box, size)
    if max(box.shape) > size and fine[fine > 127].sum() < SOLID * fine.sum():
        fine = _scale(_thicken(box, -(-max(box.shape) // size)), size)  # a thin line is half a pixel wide, and pale
    mask = (fine > 127).astype(np.uint8)
    if not mask.any():
        return None
    inside = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    width = 4 * inside[mask > 0].mean()  # in a band of width w the mean distance to its edge is w / 4
    if size - width < DOT * size:
        return None
    if width <= THICKEST * FINE and is_prepared(ink):
        return ink.astype(np.float32) / 255
    thinnest, thickest = (side * FINE for side in PEN_RANGE)
    if not thinnest <= width <= thickest:
        wanted = np.clip(width, thinnest, thickest)
        # after this change the ink is scaled to the box again, and the pen with it
        target = wanted * (size - width) / (size - wanted)
        fine = _scale(_crop(_change_width(mask, (target - width) / 2)), size)
    return _centre(fine)


def strokes_to_mnist(strokes: list[np.ndarray], *, width: float = PEN) -> np.ndarray | None:
    """Checked strokes -> image (28, 28) float32 in [0, 1], drawn at the image's own scale with a pen `width` px wide.

    None for no strokes, and for a dot: ink without any extent. Specks far from the rest are left out.
    """
    if not strokes or pen.extent(strokes) == 0:
        return None
    return _centre(pen.draw(pen.without_far_specks(strokes), canvas=SIDE * FINE, size=BOX * FINE, brush=width * FINE))


def _crop(ink: np.ndarray) -> np.ndarray:
    """The tight box around all pixels of at least a quarter of the darkest, its contrast stretched to 255."""
    darkest = int(ink.max())
    x, y, width, height = cv2.boundingRect((ink >= darkest / 4).astype(np.uint8))
    box = ink[y : y + height, x : x + width]
    return box if darkest == 255 else cv2.convertScaleAbs(box, alpha=255 / darkest)


def _scale(ink: np.ndarray, size: int) -> np.ndarray:
    """Ink with its longer side at `size` px, proportions kept."""
    factor = size / max(ink.shape)
    shape = tuple(max(1, round(side * factor)) for side in reversed(ink.shape))
    return cv2.resize(ink, shape, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)


def _thicken(ink: np.ndarray, pixels: int) -> np.ndarray:
    """Ink whose thinnest line is as wide as so many pixels."""
    return cv2.dilate(np.pad(ink, pixels), np.ones((pixels, pixels), np.uint8))


def _change_width(mask: np.ndarray, change: float) -> np.ndarray:
    """Ink 0 or 255 whose edges lie `change` px further out (thicker) or in (thinner) than those of a 0/1 mask.

    Thinning never breaks a stroke: where a stroke is thinner than the change, its middle line stays.
    """
    mask = np.pad(mask, max(1, int(np.ceil(change)) + 1))
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    if change >= 0:
        outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return np.where(outside <= change + 0.5, np.uint8(255), np.uint8(0))
    ridge = (inside > 0) & (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 0.25)
    ridge = cv2.dilate(ridge.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept = (inside > -change) | (ridge & (inside > -change / 2))
    return np.where(kept, np.uint8(255), np.uint8(0))


def _centre(fine: np.ndarray) -> np.ndarray:
    """Ink at 8 times the image's scale, at most 224 px a side -> image (28, 28), its mass in the middle.

    The mass moves by at most 4 px from the middle of the ink's box, so that nothing is pushed out of the image.
    """
    x, y, width, height = cv2.boundingRect(fine)
    fine = fine[y : y + height, x : x + width]
    moments = cv2.moments(fine)
    margin = (SIDE - BOX) // 2 * FINE
    place = []
    for side, mass in zip(fine.shape, (moments["m01"], moments["m10"]), strict=True):
        free = SIDE * FINE - side
        middle = round(SIDE * FINE / 2 - mass / moments["m00"] - 0.5)
        place.append(int(np.clip(middle, max(0, free // 2 - margin), min(free, free // 2 + margin))))
    canvas = np.zeros((SIDE * FINE,) * 2, np.uint8)
    top, left = place
    canvas[top : top + fine.shape[0], left : left + fine.shape[1]] = fine
    return cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
