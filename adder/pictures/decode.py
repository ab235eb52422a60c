"""A picture's file -> pixels. Its size is checked before anything is decoded."""

import contextlib
import io

import cv2
import numpy as np
from PIL import Image, ImageOps

with contextlib.suppress(ImportError):  # the extra `heic`
    from pillow_heif import register_heif_opener

    register_heif_opener()

MAX_BYTES = 30_000_000
MAX_PIXELS = 24_000_000  # as the file's header says; of all frames that are decoded together
MAX_FRAMES = 100  # looked at when the first is blank
MAX_SIDE = 960  # px, of the longer side: enough for a digit that is a small part of the picture
MIN_CONTRAST = 12  # of 255: with less, a frame is blank
Image.init()
FORMATS = tuple(
    name for name in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF") if name in Image.OPEN
)  # AVIF since Pillow 11.3, HEIF with pillow-heif
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
    """The bytes of a file in one of FORMATS -> grey values (H, W) or RGB (H, W, 3), uint8, at most MAX_SIDE px a side.

    It takes the first frame. If that is blank, it takes a TIFF's next page with ink, or the last frame with ink of an
    animation, which may show how a digit is drawn. It turns it as its EXIF data say. A transparent ground becomes white
    under dark ink and black under light ink. PictureError says what is wrong.
    """
    if len(picture) > MAX_BYTES:
        raise PictureError(f"The picture is larger than {MAX_BYTES // 1_000_000} MB. Save it smaller.", "unreadable")
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as file:
            _check_size(file)
            file.draft(None, (MAX_SIDE, MAX_SIDE))
            return _inked_frame(file)
    except Image.DecompressionBombError as error:
        reason = f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels. Save it smaller."
        raise PictureError(reason, "unreadable") from error
    except Exception as error:  # Pillow's decoders may raise any error
        raise PictureError(_why_unreadable(picture), "unreadable") from error


def _check_size(file: Image.Image) -> None:
    tags = getattr(file, "tag_v2", {})  # of a TIFF: libtiff makes room for a whole tile, however small the picture is
    if max(file.width * file.height, tags.get(322, 0) * tags.get(323, 0)) > MAX_PIXELS:
        raise Image.DecompressionBombError


def _inked_frame(file: Image.Image) -> np.ndarray:
    """The pixels of the frame that `decode` takes."""
    inked = _pixels(file)
    decoded = file.width * file.height
    for frame in range(1, MAX_FRAMES if _is_blank(inked) else 1):
        try:
            file.seek(frame)
        except EOFError:
            break
        _check_size(file)
        decoded += file.width * file.height
        if decoded > MAX_PIXELS:
            break
        pixels = _pixels(file)
        if not _is_blank(pixels):
            inked = pixels
            if file.format == "TIFF":
                break
    return inked


def _is_blank(pixels: np.ndarray) -> bool:
    small = cv2.resize(pixels, (128, 128), interpolation=cv2.INTER_AREA)
    return np.ptp(small, axis=(0, 1)).max() < MIN_CONTRAST


def _pixels(file: Image.Image) -> np.ndarray:
    is_clear = file.has_transparency_data
    if file.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(file) >> 8).astype(np.uint8))  # Pillow would clip 16 bits at 255
    elif file.mode in ("I", "F"):
        values = np.asarray(file, np.float32)
        image = Image.fromarray((values * (255 / max(255.0, values.max()))).clip(0, 255).astype(np.uint8))
    elif is_clear:
        image = file.convert("RGBA")
    else:
        image = file if file.mode in ("L", "RGB") else file.convert("L" if file.mode in ("1", "LA") else "RGB")
    scale = min(1, MAX_SIDE / max(image.size))
    width, height = (max(1, round(scale * side)) for side in image.size)
    image = image.resize((width, height), reducing_gap=2.0)
    if image.mode == "RGBA":
        alpha = np.asarray(image.getchannel("A"), np.float32)[..., None] / 255
        light = np.asarray(image.convert("L"), np.float32)[..., None]
        is_dark = (light * alpha).sum() < 128 * alpha.sum()
        colours = np.asarray(image.convert("RGB"), np.float32)
        image = Image.fromarray((colours * alpha + 255 * is_dark * (1 - alpha)).astype(np.uint8))
    image.getexif()[0x0112] = file.getexif().get(0x0112, 1)
    return np.array(ImageOps.exif_transpose(image))


def _why_unreadable(picture: bytes) -> str:
    for (position, start), name in OTHER_FORMATS.items():
        if picture[position:].startswith(start):
            is_missing = name == "a HEIC picture" and "HEIF" not in FORMATS
            plugin = " It can be read where pillow-heif is installed." if is_missing else ""
            return f"That is {name}. Save it as JPEG or PNG.{plugin}"
    return "That is not a complete JPEG, PNG or WebP picture. Choose another file."
