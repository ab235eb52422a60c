"""Files of pictures as people have them, and what is none. Others take the photos from here, made from pen drawings."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from adder.pictures.decode import MAX_BYTES, PictureError, decode
from tests.photos import saved

T = Image.Transpose
TURNED = {  # how a picture that is upright by its EXIF orientation is stored
    **{2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE},
    **{6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270},
}
GREY = np.full((60, 100), 200, np.uint8)
GREY[10:30, 20:30] = 40


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_turned_and_mirrored_by_exif(orientation, format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.array(Image.fromarray(GREY).transpose(TURNED[orientation]))
    options = {"lossless": True} if format == "WEBP" else {}
    np.testing.assert_allclose(decode(saved(stored, format, exif=exif, **options)), GREY, atol=60)


def on_clear_ground(light):
    alpha = np.where(GREY < 100, 255, 0).astype(np.uint8)
    return np.dstack([np.full_like(alpha, light), alpha])


def frames(first, format):
    file = io.BytesIO()
    others = [Image.fromarray(255 - GREY)]
    Image.fromarray(first).save(file, format, save_all=True, append_images=others, lossless=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "dark_is_dark"),
    {
        "16 bits": (saved(GREY.astype(np.uint16) * 257, "PNG"), True),
        "1 bit": (saved(GREY > 100, "PNG"), True),
        "palette": (frames(GREY, "GIF"), True),
        "animated WebP": (frames(GREY, "WEBP"), True),
        "animated PNG": (frames(GREY, "PNG"), True),
        "a phone's MPO": (frames(GREY, "MPO"), True),
        "BMP": (saved(GREY, "BMP"), True),
        "grey and alpha, dark ink": (saved(on_clear_ground(0), "PNG"), True),
        "grey and alpha, light ink": (saved(on_clear_ground(255), "PNG"), False),
        "CMYK": (saved(Image.fromarray(GREY).convert("CMYK"), "JPEG"), True),
    }.values(),
)
def test_what_files_hold(content, dark_is_dark):
    grey = decode(content)
    assert grey.shape == GREY.shape and grey.dtype == np.uint8
    inside, outside = int(grey[20, 25]), int(grey[50, 80])
    assert (inside < outside - 100) if dark_is_dark else (inside > outside + 100)


def test_a_large_picture_is_made_smaller():
    assert decode(saved(np.zeros((300, 3000), np.uint8))).shape == (96, 960)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC picture"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIC picture"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF picture"),
        (b"%PDF-1.7", "PDF file"),
        (b"II*\0\x08\0\0\0", "TIFF picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
    ],
)
def test_strangers_are_named(start, name):
    with pytest.raises(PictureError, match=f"That is an? {name}. Save it as JPEG") as raised:
        decode(start + bytes(100))
    assert raised.value.kind == "unreadable"


def header_only(width, height):
    """A PNG of so many pixels that holds none of them."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    length = struct.pack(">I", 13)
    return b"\x89PNG\r\n\x1a\n" + length + chunk + struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 0) + b"IDAT"


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"", "not a complete"),
        (saved(np.zeros((300, 300), np.uint8))[:200], "not a complete"),
        (bytes(MAX_BYTES + 1), "larger than"),
        (header_only(100_000, 100_000), "million pixels"),
        (header_only(5000, 5000), "million pixels"),
    ],
    ids=["nothing", "cut", "large", "bomb", "many pixels"],
)
def test_what_is_no_picture(sent, complaint):
    with pytest.raises(PictureError, match=complaint):
        decode(sent)


def test_a_bomb_is_refused_by_its_header(monkeypatch):
    bomb = saved(np.zeros((5000, 5001), np.uint8), "PNG")
    assert len(bomb) < 100_000
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(PictureError, match="million pixels"):
        decode(bomb)
