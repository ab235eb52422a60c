"""A picture's file -> grey values. Bounded before anything is decoded; knows no network and no page."""

import io

import numpy as np
from PIL import Image, ImageOps

MAX_BYTES = 30_000_000
MAX_PIXELS = 24_000_000  # by the file's header: what would unpack to more is refused undecoded
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
SIDE = 960  # px, the longer side at most: enough for a digit that is a small part of it
STRANGERS = {  # bytes at a place of the file: its name
    (0, b"%PDF"): "a PDF file",
    (0, b"II*\0"): "a TIFF picture",
    (0, b"MM\0*"): "a TIFF picture",
    (0, b"<svg"): "an SVG drawing",
    (0, b"<?xml"): "an SVG drawing",
    (0, b"8BPS"): "a Photoshop file",
    (4, b"ftypavif"): "an AVIF picture",
    (4, b"ftyp"): "a HEIC picture",
}


class PictureError(ValueError):
    """Why no digit was read from a picture, in words for the person who brought it.

    `kind` is 'unreadable', no picture that can be decoded, 'no ink', or 'several', with the `frames` of the pieces
    that look like digits: (left, top, width, height) in shares of the picture.
    """

    def __init__(self, text: str, kind: str, frames: tuple = ()):
        super().__init__(text)
        self.kind = kind
        self.frames = frames


def decode(picture: bytes) -> np.ndarray:
    """The bytes of a JPEG, PNG, WebP, GIF or BMP -> grey values (H, W) uint8, the longer side at most SIDE px.

    The first frame counts, turned as its EXIF data say; a clear ground becomes white under dark ink, and black under
    light. Raises PictureError.
    """
    if len(picture) > MAX_BYTES:
        raise PictureError(f"The picture is larger than {MAX_BYTES // 1_000_000} MB.", "unreadable")
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as file:
            if file.width * file.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            file.draft("L", (SIDE, SIDE))
            return _grey(file)
    except Image.DecompressionBombError as error:  # Pillow's own bound is higher
        many = f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels."
        raise PictureError(many, "unreadable") from error
    except Exception as error:  # Pillow's decoders raise whatever their C code meets
        raise PictureError(_complaint(picture), "unreadable") from error


def _grey(file: Image.Image) -> np.ndarray:
    if file.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(file) >> 8).astype(np.uint8))  # Pillow would cut off what is above 255
    else:
        image = file.convert("RGBA" if file.has_transparency_data else "L")
    image.thumbnail((SIDE, SIDE))
    if image.mode == "RGBA":
        alpha = np.asarray(image.getchannel("A"), np.float32) / 255
        light = np.asarray(image.convert("L"), np.float32)
        is_dark = (light * alpha).sum() < 128 * alpha.sum()
        image = Image.fromarray((light * alpha + 255 * is_dark * (1 - alpha)).astype(np.uint8))
    image.getexif()[0x0112] = file.getexif().get(0x0112, 1)
    return np.array(ImageOps.exif_transpose(image))


def _complaint(picture: bytes) -> str:
    for (place, mark), name in STRANGERS.items():
        if picture[place:].startswith(mark):
            return f"That is {name}. Save it as JPEG or PNG."
    return "That is no whole JPEG, PNG or WebP picture."
