"""Files of pictures as people have them, and what is none. Others take the photos from here, made from pen drawings."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from adder.pictures import decode as decoding
from adder.pictures.decode import FORMATS, MAX_BYTES, PictureError, decode
from adder.pictures.ink_masks import grey_of
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
    np.testing.assert_allclose(grey_of(decode(saved(stored, format, exif=exif, **options))), GREY, atol=60)


def on_clear_ground(light):
    alpha = np.where(GREY < 100, 255, 0).astype(np.uint8)
    return np.dstack([np.full_like(alpha, light), alpha])


def frames(first, format, others=(255 - GREY,)):
    file = io.BytesIO()
    others = [Image.fromarray(other) for other in others]
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
        "TIFF": (saved(GREY, "TIFF", compression="tiff_lzw"), True),
        "a fax": (saved(Image.fromarray(GREY > 100), "TIFF", compression="group4"), True),
        "a TIFF of 16 bits": (saved(GREY.astype(np.uint16) * 257, "TIFF"), True),
        "a TIFF of 32 bits": (saved(GREY.astype(np.int32) << 20, "TIFF"), True),
        "a TIFF of floats": (saved(GREY.astype(np.float32) * 50, "TIFF"), True),
        "a TIFF of pages": (frames(GREY, "TIFF"), True),
    }.values(),
)
def test_what_files_hold(content, dark_is_dark):
    grey = grey_of(decode(content))
    assert grey.shape == GREY.shape and grey.dtype == np.uint8
    inside, outside = int(grey[20, 25]), int(grey[50, 80])
    assert (inside < outside - 100) if dark_is_dark else (inside > outside + 100)


@pytest.mark.skipif("AVIF" not in FORMATS, reason="Pillow reads AVIF since 11.3")
def test_avif():
    np.testing.assert_allclose(grey_of(decode(saved(GREY, "AVIF"))), GREY, atol=60)


def test_heic_with_its_plugin():
    pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    np.testing.assert_allclose(grey_of(decode(saved(GREY, "HEIF"))), GREY, atol=60)


@pytest.mark.skipif("HEIF" in FORMATS, reason="pillow-heif is installed")
def test_heic_without_its_plugin():
    with pytest.raises(
        PictureError, match=r"HEIC picture\. Save it as JPEG or PNG\. .* where pillow-heif is installed"
    ):
        decode(b"\0\0\0\x18ftypheic" + bytes(100))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_colours_are_kept_and_grey_is_one_channel(format):
    red_on_green = np.where(GREY[..., None] < 100, (200, 30, 30), (20, 115, 60)).astype(np.uint8)
    pixels = decode(saved(red_on_green, format))
    assert pixels[20, 25].argmax() == 0 and pixels[50, 80].argmax() == 1
    if format != "WEBP":  # which has no grey
        assert decode(saved(GREY, format)).ndim == 2


def test_a_clear_ground_keeps_the_colours_of_its_ink():
    alpha = np.where(GREY < 100, 255, 0).astype(np.uint8)
    pixels = decode(saved(np.dstack([np.full_like(alpha, light) for light in (200, 0, 0)] + [alpha]), "PNG"))
    assert pixels[20, 25].tolist() == [200, 0, 0] and pixels[50, 80].tolist() == [255] * 3


BLANK = np.full_like(GREY, 200)
HALF = np.full_like(GREY, 200)
HALF[10:20, 20:30] = 40


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_an_animation_that_begins_blank_counts_as_its_last_frame_with_ink(format):
    grey = grey_of(decode(frames(BLANK, format, (HALF, GREY, BLANK))))
    np.testing.assert_allclose(grey, GREY, atol=2)
    np.testing.assert_allclose(grey_of(decode(frames(HALF, format, (GREY,)))), HALF, atol=2)
    np.testing.assert_allclose(grey_of(decode(frames(BLANK, format, (BLANK + 1,)))), BLANK, atol=2)


def test_a_blank_page_is_turned_over():
    grain = np.random.default_rng(0).integers(-3, 4, GREY.shape)
    scanned = (BLANK + grain).astype(np.uint8)
    np.testing.assert_array_equal(decode(frames(scanned, "TIFF", (BLANK, HALF, GREY))), HALF)


def test_pages_are_bounded_in_number_and_in_pixels(monkeypatch):
    pages = frames(BLANK, "TIFF", (BLANK, GREY))
    np.testing.assert_array_equal(decode(pages), GREY)
    monkeypatch.setattr(decoding, "MAX_PIXELS", 2 * GREY.size)
    np.testing.assert_array_equal(decode(pages), BLANK)
    with pytest.raises(PictureError, match="million pixels"):
        decode(frames(BLANK, "TIFF", (np.tile(GREY, (2, 2)),)))
    monkeypatch.undo()
    monkeypatch.setattr(decoding, "MAX_FRAMES", 2)
    np.testing.assert_array_equal(decode(pages), BLANK)


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


def test_a_tiff_with_tiles_that_are_larger_than_its_picture():
    """libtiff makes room for a whole tile: 4 GB here."""
    data = zlib.compress(bytes(1_000_000), 9)
    tags = {
        256: 10,
        257: 10,
        258: 8,
        259: 8,
        262: 1,
        277: 1,
        322: 65536,
        323: 65536,
        324: 8 + 2 + 120 + 4,
        325: len(data),
    }
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    with pytest.raises(PictureError, match="million pixels"):
        decode(b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + data)


def test_a_bomb_is_refused_by_its_header(monkeypatch):
    bomb = saved(np.zeros((5000, 5001), np.uint8), "PNG")
    assert len(bomb) < 100_000
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(PictureError, match="million pixels"):
        decode(bomb)
