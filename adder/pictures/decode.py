"""A picture's file -> grey values. Its size is checked before anything is decoded."""

import io

import numpy as np
from PIL import Image, ImageOps

MAX_BYTES = 30_000_000
MAX_PIXELS = 24_000_000  # as the file's header says
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_SIDE = 960  # px, of the longer side: enough for a digit that is a small part of the picture
OTHER_FORMATS = {  # (position in the file, the bytes there): their name
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
    """Why no digit was read from a picture, in words for the person who sent it.

    `kind` is 'unreadable' (it cannot be decoded), 'no ink', or 'several'. `frames` holds the frames of several pieces
    that look like digits: (left, top, width, height) in shares of the picture.
    """

    def __init__(self, text: str, kind: str, frames: tuple = ()):
        super().__init__(text)
        self.kind = kind
        self.frames = frames


def decode(picture: bytes) -> np.ndarray:
    """The bytes of a JPEG, PNG, WebP, GIF or BMP -> grey values (H, W) uint8, the longer side at most MAX_SIDE px.

    It takes the first frame and turns it as its EXIF data say. A transparent ground becomes white under dark ink and
    black under light ink. PictureError says what is wrong.
    """
    if len(picture) > MAX_BYTES:
        raise PictureError(f"The picture is larger than {MAX_BYTES // 1_000_000} MB. Save it smaller.", "unreadable")
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as file:
            if file.width * file.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            file.draft("L", (MAX_SIDE, MAX_SIDE))
            return _grey(file)
    except Image.DecompressionBombError as error:
        reason = f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels. Save it smaller."
        raise PictureError(reason, "unreadable") from error
    except Exception as error:  # Pillow's decoders may raise any error
        raise PictureError(_why_unreadable(picture), "unreadable") from error


def _grey(file: Image.Image) -> np.ndarray:
    if file.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(file) >> 8).astype(np.uint8))  # Pillow would clip 16 bits at 255
    else:
        image = file.convert("RGBA" if file.has_transparency_data else "L")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    if image.mode == "RGBA":
        alpha = np.asarray(image.getchannel("A"), np.float32) / 255
        light = np.asarray(image.convert("L"), np.float32)
        is_dark = (light * alpha).sum() < 128 * alpha.sum()
        image = Image.fromarray((light * alpha + 255 * is_dark * (1 - alpha)).astype(np.uint8))
    image.getexif()[0x0112] = file.getexif().get(0x0112, 1)
    return np.array(ImageOps.exif_transpose(image))


def _why_unreadable(picture: bytes) -> str:
    for (position, start), name in OTHER_FORMATS.items():
        if picture[position:].startswith(start):
            return f"That is {name}. Save it as JPEG or PNG."
    return "That is not a complete JPEG, PNG or WebP picture. Choose another file."
