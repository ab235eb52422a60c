"""A photo of a digit on paper -> ink. Bounded before anything is decoded; knows no network and no page."""

import io

import cv2
import numpy as np
from PIL import Image, ImageOps

MAX_BYTES = 1_400_000  # as base64 within the page's largest body
MAX_PIXELS = 24_000_000  # by the file's header: what would unpack to more is refused undecoded
FORMATS = ("JPEG", "PNG", "WEBP")
WORK_SIDE = 640  # px, at which ink is looked for
INK_SIDE = 192  # px, of what is found
CONTRAST = 14  # grey values by which ink is darker than the paper around it
MIN_COVERAGE = 0.0005  # of the photo: ink that covers less is dirt


class PictureError(ValueError):
    """What is wrong with a photo, in words for the person who took it."""


def find_ink(photo: bytes) -> np.ndarray:
    """The bytes of a JPEG, PNG or WebP -> ink (H, W) uint8, 0 paper and 255 ink, cut to what was written.

    Turned as its EXIF data say; a light digit on a dark board counts as well. Uneven light is met by a threshold that
    follows the paper around each pixel (OpenCV's adaptiveThreshold). Of several pieces of ink those together are
    taken that cover most, the middle before the edges. Raises PictureError.
    """
    grey = cv2.GaussianBlur(decode(photo), (5, 5), 0)
    if np.median(np.asarray(grey)) < 110:
        grey = 255 - grey
    reach = WORK_SIDE // 8 * 2 + 1
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, reach, CONTRAST)
    ink = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    ink = keep_digit(ink)
    x, y, width, height = cv2.boundingRect(ink)
    cut = np.pad(ink[y : y + height, x : x + width], 8)
    scale = INK_SIDE / max(cut.shape)
    return cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else cut


def decode(photo: bytes) -> np.ndarray:
    """Grey values (H, W) uint8, the longer side at most WORK_SIDE. Raises PictureError."""
    if len(photo) > MAX_BYTES:
        raise PictureError(f"The photo is larger than {MAX_BYTES / 1e6:.1f} MB.")
    try:
        with Image.open(io.BytesIO(photo), formats=FORMATS) as file:
            if file.width * file.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            file.draft("L", (WORK_SIDE, WORK_SIDE))
            picture: Image.Image = ImageOps.exif_transpose(file)
            if picture.has_transparency_data:
                picture = picture.convert("RGBA")
                picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
            picture = picture.convert("L")
            picture.thumbnail((WORK_SIDE, WORK_SIDE))
            return np.array(picture)
    except Image.DecompressionBombError as error:  # Pillow's own bound is higher
        raise PictureError(f"The photo has more than {MAX_PIXELS // 1_000_000} million pixels.") from error
    except Exception as error:  # Pillow's decoders raise whatever their C code meets
        raise PictureError("That is no whole JPEG, PNG or WebP picture.") from error


def keep_digit(ink: np.ndarray) -> np.ndarray:
    """Of ink (H, W) uint8 the pieces that make the digit, the rest wiped out. Raises PictureError if there is none."""
    height, width = ink.shape
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink)
    left, top, wide, high, area = stats[1:].T
    at_edge = (left == 0) | (top == 0) | (left + wide == width) | (top + high == height)
    kept = (area >= MIN_COVERAGE * ink.size) & ~at_edge  # the table beyond the paper, a thumb
    ink = np.where(np.isin(labels, 1 + np.flatnonzero(kept)), ink, 0)
    near = cv2.dilate(ink, np.ones((max(3, max(ink.shape) // 20),) * 2, np.uint8))
    count, groups, _, centres = cv2.connectedComponentsWithStats(near)
    if count == 1:
        raise PictureError("No ink was found. One digit, large and dark on plain paper, works best.")
    away = np.linalg.norm((centres[1:] - (width / 2, height / 2)) / (width, height), axis=1)  # 0 .. 0.7
    covers = np.bincount(groups[ink > 0], minlength=count)[1:]
    return np.where(groups == 1 + np.argmax(covers * (1 - away)), ink, 0).astype(np.uint8)
