import cv2
import numpy as np
import pytest

from adder.data import mnist
from adder.drawing import raster, strokes
from adder.reader import as_image

SEVEN = [np.array([(0, 0), (60, 0), (25, 100)], float), np.array([(15, 50), (55, 50)], float)]


def weight_box(pixels):
    return [np.ptp(np.flatnonzero(pixels.max(axis) > 0.3)) + 1 for axis in (1, 0)]


def mass(pixels):
    place = np.arange(28) + 0.5
    return pixels.sum(1) @ place / pixels.sum(), pixels.sum(0) @ place / pixels.sum()


def assert_like_mnist(pixels):
    assert pixels.shape == (28, 28) and pixels.dtype == np.float32
    assert pixels.min() == 0 and 0.9 < pixels.max() <= 1
    assert max(weight_box(pixels)) in (19, 20, 21)
    assert mass(pixels) == pytest.approx((14, 14), abs=0.1)


def test_strokes_fill_the_box_and_are_centred_by_mass():
    assert_like_mnist(raster.strokes_to_mnist(SEVEN))


CELLS = [
    (canvas, share, brush)
    for canvas in (28, 100, 280, 1000, 4096)
    for share in (0.2, 0.5, 0.95)
    for brush in (0.02, 0.06, 0.15, 0.3)
    if canvas * share >= 14 and brush * canvas * share >= 0.5  # else there are too few pixels to draw it
]


@pytest.mark.parametrize("canvas, share, brush", CELLS)
def test_ink_reads_alike_at_any_size_and_brush(canvas, share, brush):
    size = canvas * share
    ink = strokes.draw(SEVEN, canvas=canvas, size=size, brush=brush * size, centre=(0.5, 0.5))
    pixels = raster.to_mnist(ink)
    assert_like_mnist(pixels)
    drawn = raster.strokes_to_mnist(SEVEN)
    assert np.corrcoef(pixels.ravel(), drawn.ravel())[0, 1] > 0.75


@pytest.mark.parametrize("canvas", [100, 200, 333, 512, 1000, 2000, 4096])
@pytest.mark.parametrize("brush", [0, 0.01, 0.03, 0.1, 0.33])
def test_ink_of_any_width_reads_alike(canvas, brush):
    ink = np.zeros((canvas, canvas), np.uint8)
    pen = max(1, round(brush * 0.7 * canvas))
    for stroke in SEVEN:
        placed = np.int32(stroke * 0.007 * canvas + 0.15 * canvas)
        cv2.polylines(ink, [placed], False, 255, pen, cv2.LINE_8)
    pixels = raster.to_mnist(ink)
    assert_like_mnist(pixels)
    assert np.corrcoef(pixels.ravel(), raster.strokes_to_mnist(SEVEN).ravel())[0, 1] > (0.75 if brush < 0.3 else 0.6)


@pytest.mark.parametrize("canvas", [100, 1000, 4096])
def test_specks_far_apart_on_any_canvas_raise_nothing(canvas):
    ink = np.zeros((canvas, canvas), np.uint8)
    ink[[3, canvas // 2, -4], [5, canvas // 2, -7]] = 60
    assert raster.to_mnist(ink) is None or np.isfinite(raster.to_mnist(ink)).all()


@pytest.mark.parametrize("centre", [(0.2, 0.2), (0.5, 0.7), (0.8, 0.3)])
def test_place_does_not_matter(centre):
    middle, moved = (
        raster.to_mnist(strokes.draw(SEVEN, canvas=400, size=120, brush=10, centre=c)) for c in ((0.5, 0.5), centre)
    )
    np.testing.assert_allclose(moved, middle, atol=0.02)


@pytest.mark.parametrize("factor, offset", [(0.001, 0), (1, 1000), (12345.678, -5)])
def test_size_and_place_of_strokes_cannot_matter(factor, offset):
    moved = [stroke * factor + offset for stroke in SEVEN]
    np.testing.assert_allclose(raster.strokes_to_mnist(moved), raster.strokes_to_mnist(SEVEN), atol=0.02)


def test_scaling_is_that_of_area_averages():
    ink = np.zeros((400, 400), np.uint8)
    ink[120:280, 190:206] = 255  # a bar of 160 x 16: 20 x 2 px in the image
    pixels = raster.to_mnist(ink)
    assert pixels.sum() == pytest.approx(40, rel=0.03)


@pytest.fixture(scope="module")
def prepared(data_dir):
    """MNIST's validation images (5000, 28, 28) uint8."""
    return mnist.training_and_validation(data_dir)[1].images[:, 0].numpy()


def test_what_mnist_made_is_not_drawn_again(prepared):
    same = [np.array_equal(raster.to_mnist(ink), ink.astype(np.float32) / 255) for ink in prepared]
    assert np.mean(same) > 0.985, "but for the thickest hundredth"
    assert np.mean([raster.is_prepared(ink) for ink in prepared]) > 0.999


def test_what_was_drawn_for_the_network_is_not_drawn_again():
    drawn = np.rint(raster.strokes_to_mnist(SEVEN) * 255).astype(np.uint8)
    np.testing.assert_array_equal(raster.to_mnist(drawn), drawn.astype(np.float32) / 255)


CHANGES = {
    "black on white": lambda ink: 255 - ink,
    "off the middle": lambda ink: np.roll(ink, 3, 1),
    "off the middle, down": lambda ink: np.roll(ink, -2, 0),
    "a frame of paper that is not black": lambda ink: np.maximum(ink, 40),
    "pale": lambda ink: ink // 2,
    "without grey edges": lambda ink: np.where(ink > 127, np.uint8(255), np.uint8(0)),
    "smaller": lambda ink: np.pad(cv2.resize(ink, (22, 22), interpolation=cv2.INTER_AREA), 3),
    "filling the frame": lambda ink: cv2.resize(ink[3:-3, 3:-3], (28, 28), interpolation=cv2.INTER_AREA),
    "of another size": lambda ink: np.pad(ink, 1),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_shrunk_to_28_px_in_another_way_is_drawn_again(change, prepared):
    assert not any(raster.is_prepared(change(ink)) for ink in prepared[::50])


def test_a_pen_thicker_than_mnists_is_made_thinner():
    thick = np.rint(raster.strokes_to_mnist(SEVEN, width=7) * 255).astype(np.uint8)
    assert raster.to_mnist(thick).sum() < 0.8 * thick.sum() / 255


def test_faint_ink_reads_like_dark_ink():
    ink = strokes.draw(SEVEN, canvas=200, size=150, brush=14)
    np.testing.assert_allclose(raster.to_mnist(ink // 4), raster.to_mnist(ink), atol=0.06)


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (4096, 4096), (3, 900)])
def test_blank_is_nothing(shape):
    assert raster.to_mnist(np.zeros(shape, np.uint8)) is None
    assert raster.strokes_to_mnist([]) is None


@pytest.mark.parametrize("radius", [1, 5, 30, 90])
def test_dot_is_nothing(radius):
    ink = cv2.circle(np.zeros((200, 200), np.uint8), (100, 100), radius, 255, -1, cv2.LINE_AA)
    assert raster.to_mnist(ink) is None
    assert raster.strokes_to_mnist([np.array([(3.0, 3.0), (3.0, 3.0)])]) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 3), (4096, 4096)])
def test_full_canvas_does_no_harm(shape):
    pixels = raster.to_mnist(np.full(shape, 255, np.uint8))
    assert pixels is None or np.isfinite(pixels).all()


def test_noise_does_no_harm(rng):
    for _ in range(50):
        ink = rng.integers(0, 256, rng.integers(1, 60, 2), dtype=np.uint8)
        pixels = as_image(ink)
        assert pixels is None or (np.isfinite(pixels).all() and pixels.max() <= 1)
