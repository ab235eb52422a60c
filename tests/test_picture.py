"""Photos as people take them, made from real pen drawings: pale paper, uneven light, blur, noise, turned by EXIF."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from adder.drawing import picture
from adder.drawing.picture import PictureError, find_ink
from adder.learning.data import VALIDATION_WRITERS
from adder.learning.sources import pendigits
from adder.reader import Reader

TURNED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def photographed(drawing, rng, *, size=(900, 700)):
    """Grey picture (H, W) uint8 of a drawing on paper that a lamp lights from one side."""
    width, height = size
    points = np.concatenate(drawing)
    side = np.ptp(points, axis=0).max()
    scale = rng.uniform(0.35, 0.6) * height / side
    middle = np.array(size) * rng.uniform(0.42, 0.58, 2)
    ink = np.zeros((height, width), np.uint8)
    pen = int(rng.integers(8, 22))
    for stroke in drawing:
        placed = (stroke - (points.min(0) + points.max(0)) / 2) * scale + middle
        cv2.polylines(ink, [np.rint(placed).astype(np.int32)], False, 255, pen, cv2.LINE_AA)
    y, x = np.mgrid[:height, :width] / max(size)
    slope = rng.uniform(-0.4, 0.4, 2)
    light = rng.uniform(0.6, 0.8) + slope[0] * (x - 0.5) + slope[1] * (y - 0.4)
    paper = 235 * light * (1 - rng.uniform(0.5, 0.8) * (ink / 255.0))
    paper = cv2.GaussianBlur(paper, (0, 0), rng.uniform(0.5, 2.5)) + rng.normal(0, 4, paper.shape)
    return paper.clip(0, 255).astype(np.uint8)


def saved(grey, format="JPEG", **options):
    file = io.BytesIO()
    Image.fromarray(grey).save(file, format, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def drawings(data_dir):
    written = [each for each in pendigits(data_dir) if each.writer % VALIDATION_WRITERS == 0]
    return [written[i] for i in np.random.default_rng(0).choice(len(written), 200, replace=False)]


def test_photos_of_two_hundred_digits_are_read(drawings, weights, rng):
    reader = Reader.load(weights, "cpu")
    inks = [find_ink(saved(photographed(each.strokes, rng))) for each in drawings]
    assert all(ink.dtype == np.uint8 and max(ink.shape) <= picture.INK_SIDE for ink in inks)
    readings = reader.read_many(inks, [3] * len(inks))
    right = [reading.digit == each.digit for reading, each in zip(readings, drawings, strict=True)]
    assert np.mean(right) >= 0.97, np.mean(right)
    assert np.mean([reading.is_digit for reading in readings]) >= 0.97


@pytest.mark.parametrize("orientation", TURNED)
def test_a_turned_camera(drawings, orientation, rng):
    grey = photographed(drawings[0].strokes, rng)
    upright = find_ink(saved(grey, "PNG"))
    turned = Image.fromarray(grey).transpose(TURNED[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(find_ink(saved(np.array(turned), "PNG", exif=exif)), upright)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_a_board_and_other_formats(drawings, format, weights, rng):
    board = 255 - photographed(drawings[1].strokes, rng)
    assert Reader.load(weights, "cpu").read(find_ink(saved(board, format)), 0).digit == drawings[1].digit


def test_the_table_and_specks_are_left_out(drawings, rng):
    grey = photographed(drawings[2].strokes, rng)
    plain = find_ink(saved(grey, "PNG"))
    grey[:, :60] = 20
    grey[100:104, 800:804] = 20
    assert find_ink(saved(grey, "PNG")).shape == plain.shape


def header_only(width, height):
    """A PNG of so many pixels that holds none of them."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    length = struct.pack(">I", 13)
    return b"\x89PNG\r\n\x1a\n" + length + chunk + struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 0) + b"IDAT"


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"", "no whole"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no whole"),
        (saved(np.zeros((9, 9), np.uint8), "GIF"), "no whole"),
        (saved(np.zeros((300, 300), np.uint8))[:200], "no whole"),
        (bytes(picture.MAX_BYTES + 1), "larger than"),
        (header_only(100_000, 100_000), "million pixels"),
        (header_only(5000, 5000), "million pixels"),
        (saved(np.full((300, 300), 240, np.uint8)), "No ink"),
        (saved(np.full((1, 1), 240, np.uint8), "PNG"), "No ink"),
    ],
    ids=["nothing", "svg", "gif", "cut", "large", "bomb", "many pixels", "blank", "one pixel"],
)
def test_what_is_no_photo_of_a_digit(sent, complaint):
    with pytest.raises(PictureError, match=complaint):
        find_ink(sent)


def test_a_bomb_is_refused_by_its_header(monkeypatch):
    bomb = saved(np.zeros((5000, 5001), np.uint8), "PNG")
    assert len(bomb) < 100_000
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(PictureError, match="million pixels"):
        find_ink(bomb)
