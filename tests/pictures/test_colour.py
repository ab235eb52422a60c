"""Ink is what differs from its paper in any channel: in colour, too, where both are equally light."""

import numpy as np
import pytest

from adder.drawing import strokes as pen
from adder.pictures import candidates
from adder.pictures.decode import PictureError
from adder.pictures.ink_masks import chroma_of, grey_of
from adder.reader import Reader
from bench.synthetic_pictures import CHALK, PAPERS, encode, grey, margined, tablecloth
from tests.photos import saved

THREE = [np.array([(20, 20), (50, 10), (75, 30), (45, 48), (80, 70), (50, 92), (18, 82)])]


def drawn(ink, paper):
    """RGB (400, 400, 3) uint8: a 3 in one colour on another."""
    share = pen.draw(THREE, canvas=400, size=260, brush=24)[..., None] / 255
    return (paper + (np.array(ink) - paper) * share).astype(np.uint8)


@pytest.fixture(scope="module")
def reader(weights):
    return Reader.load(weights, "cpu")


@pytest.mark.parametrize(("ink", "paper"), CHALK + PAPERS)
def test_a_digit_that_only_its_colour_shows_is_read(reader, ink, paper):
    picture = drawn(ink, paper)
    assert np.ptp(grey_of(picture)) < 12, "grey values show next to nothing"
    for content in (saved(picture, "PNG"), saved(picture, "JPEG")):
        reading = reader.read_picture(content, 4)
        assert (reading.digit, reading.sum, reading.is_digit) == (3, 7, True)
        np.testing.assert_allclose(reading.frame[3], 0.7, atol=0.05)


def test_colour_is_looked_at_only_where_there_is_some(monkeypatch, rng):
    picture = drawn(*CHALK[0])
    tones = [found.group[0] for batch in candidates.candidates(picture) for found in batch]
    assert tones and set(tones) == {"chroma"}
    without = np.repeat(grey_of(picture)[..., None], 3, 2)
    assert chroma_of(without) is None
    monkeypatch.setattr(candidates, "chroma_of", lambda _: pytest.fail("looked at the colours of a grey picture"))
    assert list(candidates.candidates(drawn(0, 255)[..., 0]))[-1]


def test_the_distance_from_the_colour_of_the_paper_around():
    """A red stroke on green paper, which lies on a blue table; a shadow is no colour."""
    picture = np.full((240, 320, 3), (20, 115, 60), np.uint8)
    picture[:, :100] = (40, 60, 200)
    picture[60:180, 200:212] = (200, 30, 30)
    picture[200:] //= 2
    distances = 255 - chroma_of(picture).astype(int)
    assert distances[100, 205] > 80
    assert max(distances[20, 20], distances[20, 300], distances[100, 180], distances[230, 250]) < 20


@pytest.mark.parametrize("seed", range(3))
def test_checks_and_a_red_margin_are_no_digits(reader, seed):
    rng = np.random.default_rng(seed)
    for picture in (tablecloth(rng, THREE), grey(margined(rng))):
        try:
            assert not reader.read_picture(encode(picture, "jpg"), 0).is_digit
        except PictureError as error:
            assert error.kind == "no ink"
