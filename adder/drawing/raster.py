"""A drawing -> the centred 28x28 image that the network expects, made as MNIST's images were made.

MNIST scales each digit to a 20x20 box, keeps its proportions, and centres it in 28x28 pixels by its mass (LeCun,
Bottou, Bengio, Haffner 1998).
"""

import cv2
import numpy as np

from adder.drawing import strokes as pen
from adder.drawing.curves import Strokes

SIDE = 28  # px, of the image
PIXELS = SIDE * SIDE
BOX = 20  # px, the digit's longer side
PEN = 2.5  # px, the median stroke width of MNIST's digits
PEN_RANGE = (2.0, 3.5)  # their 10th to 90th percentile: ink in this range keeps its width
MAX_PEN = 5.0  # px, their 99th percentile: thicker ink reads better when it is thinned
FINE = 8  # all steps but the last happen at 8 times the image's resolution
MAX_CANVAS = 4096  # px a side
MIN_INK = 32  # of 255: a canvas without a darker pixel is blank
MIN_SIZE = 6  # px, a digit's longer side on the canvas
MIN_SOLID = 0.75  # share of shrunk ink that is darker than 127: with less, its lines have become pale
DOT = 0.4  # ink is a dot when its strokes are shorter than this share of its size
MIN_SOFT = 0.1  # the share of grey pixels, the edges, in the ink of MNIST's digits


def is_prepared(ink: np.ndarray) -> bool:
    """Whether ink (H, W) uint8 looks like an image of MNIST, to a pixel: 28x28, 20 px long, mass centred, grey edges.

    This holds for 99.9 % of MNIST's training images, and rarely for a picture that was shrunk to 28x28 in another way.
    """
    if ink.shape != (SIDE, SIDE) or ink.max() < 255 - MIN_INK:
        return False
    inked = ink >= MIN_INK
    _, _, width, height = cv2.boundingRect(inked.astype(np.uint8))
    moments = cv2.moments(ink)
    middle = np.array((moments["m10"], moments["m01"])) / moments["m00"]
    soft = np.count_nonzero(inked & (ink < 255 - MIN_INK)) / np.count_nonzero(inked)
    return bool(abs(max(width, height) - BOX) <= 1 and (abs(middle - SIDE / 2) <= 1).all() and soft >= MIN_SOFT)


def to_mnist(ink: np.ndarray) -> np.ndarray | None:
    """Ink (H, W) uint8, 0 paper .. 255 ink -> image (28, 28) float32 in [0, 1]; None for a blank canvas or a dot.

    It crops the ink, brings its strokes to MNIST's width, scales the longer side to 20 px with area averaging, and
    centres the mass: brush, canvas size and position do not matter. An image that `is_prepared` stays as it is,
    unless its pen is thicker than MAX_PEN.
    """
    if ink.max(initial=0) < MIN_INK:
        return None
    box = _crop(ink)
    if max(box.shape) < MIN_SIZE:
        return None
    size = BOX * FINE
    fine = _scale(box, size)
    if max(box.shape) > size and fine[fine > 127].sum() < MIN_SOLID * fine.sum():
        fine = _scale(_thicken(box, -(-max(box.shape) // size)), size)  # a thin line is half a pixel wide, so pale
    mask = (fine > 127).astype(np.uint8)
    if not mask.any():
        return None
    inside = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    width = 4 * inside[mask > 0].mean()  # in a band of width w the mean distance to its edge is w / 4
    if size - width < DOT * size:
        return None
    if width <= MAX_PEN * FINE and is_prepared(ink):
        return ink.astype(np.float32) / 255
    thinnest, thickest = (side * FINE for side in PEN_RANGE)
    if not thinnest <= width <= thickest:
        wanted = np.clip(width, thinnest, thickest)
        # `target` allows for the scaling to the box that follows: it scales the pen too
        target = wanted * (size - width) / (size - wanted)
        fine = _scale(_crop(_change_width(mask, (target - width) / 2)), size)
    return _centre(fine)


def strokes_to_mnist(strokes: Strokes, *, width: float = PEN) -> np.ndarray | None:
    """Checked strokes -> image (28, 28) float32 in [0, 1], drawn at the image's own scale with a pen `width` px wide.

    None for no strokes, and for a drawing of size 0. Specks far from the rest are left out.
    """
    if not strokes or pen.extent(strokes) == 0:
        return None
    return _centre(pen.draw(pen.without_far_specks(strokes), canvas=SIDE * FINE, size=BOX * FINE, brush=width * FINE))


def _crop(ink: np.ndarray) -> np.ndarray:
    """The tight box around all pixels at least a quarter as dark as the darkest, with the darkest stretched to 255."""
    darkest = int(ink.max())
    x, y, width, height = cv2.boundingRect((ink >= darkest / 4).astype(np.uint8))
    box = ink[y : y + height, x : x + width]
    return box if darkest == 255 else cv2.convertScaleAbs(box, alpha=255 / darkest)


def _scale(ink: np.ndarray, size: int) -> np.ndarray:
    """Ink scaled to a longer side of `size` px; it keeps its proportions."""
    factor = size / max(ink.shape)
    shape = tuple(max(1, round(side * factor)) for side in reversed(ink.shape))
    return cv2.resize(ink, shape, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)


def _thicken(ink: np.ndarray, pixels: int) -> np.ndarray:
    """Ink with lines at least `pixels` px wide."""
    return cv2.dilate(np.pad(ink, pixels), np.ones((pixels, pixels), np.uint8))


def _change_width(mask: np.ndarray, change: float) -> np.ndarray:
    """0/1 mask -> ink of 0 or 255 with edges `change` px further out; a negative change makes it thinner.

    Thinning never breaks a stroke: where the stroke is thinner than the change, its middle line stays.
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
    """Ink at FINE times the image's scale, at most 224 px a side -> image (28, 28) with the mass in the middle.

    The middle of the ink's box is moved by at most 4 px, so that no ink leaves the image.
    """
    x, y, width, height = cv2.boundingRect(fine)
    fine = fine[y : y + height, x : x + width]
    moments = cv2.moments(fine)
    margin = (SIDE - BOX) // 2 * FINE
    corner = []
    for side, mass in zip(fine.shape, (moments["m01"], moments["m10"]), strict=True):
        free = SIDE * FINE - side
        middle = round(SIDE * FINE / 2 - mass / moments["m00"] - 0.5)
        corner.append(int(np.clip(middle, max(0, free // 2 - margin), min(free, free // 2 + margin))))
    canvas = np.zeros((SIDE * FINE,) * 2, np.uint8)
    top, left = corner
    canvas[top : top + fine.shape[0], left : left + fine.shape[1]] = fine
    return cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
