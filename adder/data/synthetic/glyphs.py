"""Letters and signs of Hershey's vector fonts, as strokes.

Dr A. V. Hershey made the fonts at the U.S. National Bureau of Standards (1967). The files in `fonts` hold one glyph per
line, in the format of James Hurt, Cognition, Inc. Anybody may use and distribute them, except in the format that the
U.S. NTIS sells.
"""

from functools import cache
from pathlib import Path

import numpy as np

from adder.drawing.curves import Strokes, dense

SPACING = 1.1  # between points; a glyph is about twenty high
FOLDER = Path(__file__).parent / "fonts"

# The glyphs of each font that do not look like a digit, chosen by eye. Their files hold glyphs in the order of ASCII.
LATIN = '!"#$%&*+<=?@AEFHJKLMNPRTVWXadefhkmnprtuvwx~'
SCRIPT = '"#$%&*+<=?@AFHKMNPRUVWXadhkmnptuvwx~'
GREEK = "ACDEGJKLMNPQRSTVWXaegjklmpsvwx"
FONTS = {
    "rowmans": LATIN,
    "rowmand": LATIN,
    "timesr": LATIN,
    "timesi": LATIN,
    "scripts": SCRIPT,
    "greeks": GREEK,
    "cyrilc_1": "ADEFGIJKLMNPQSVWYZadegijklmnpqsvwyz",
    "symbolic": "DEFGIJKLNOVWXYZ[^_`abcdefghjklmnopu~",
    "astrology": "!$%'-/:;=>?@[]{|~",
}
VALIDATION_FONTS = {"scriptc": SCRIPT, "timesib": LATIN, "greekc": GREEK}
TEST_FONTS = {"rowmant": LATIN, "gothgbt": "AFHKMNPRTVWXadefhkmnprtuvwx", "mathlow": "!\"%&':;=?@^_bcghijklnwxz~"}


def random_glyph(rng: np.random.Generator, fonts: dict[str, str] = FONTS) -> Strokes:
    """A random glyph's strokes, as `glyph` returns them; every font has the same probability."""
    name = list(fonts)[rng.integers(len(fonts))]
    return glyph(name, fonts[name][rng.integers(len(fonts[name]))])


def glyph(font: str, character: str) -> Strokes:
    """The glyph's strokes, float64 (N, 2), y down."""
    return read(font)[ord(character) - ord(" ")]


@cache
def read(font: str) -> list[Strokes]:
    """A font's glyphs. A line holds number and width, then pairs of letters, R is 0; the pair ' R' lifts the pen."""
    lines = (FOLDER / f"{font}.jhf").read_text(encoding="ascii").splitlines()
    glyphs = []
    for line in lines:
        if not line.startswith("#"):
            pairs = np.frombuffer(line[10:].encode(), np.uint8).reshape(-1, 2)
            lifts = np.flatnonzero((pairs == tuple(b" R")).all(1))
            strokes = [run[(run != tuple(b" R")).any(1)] - float(ord("R")) for run in np.split(pairs, lifts)]
            glyphs.append(dense([stroke for stroke in strokes if len(stroke)], SPACING) if line[10:].strip() else [])
    return glyphs
