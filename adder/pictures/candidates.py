"""Grey values of a picture -> what in it may be the digit's ink. Makes a few candidates; who can tell digits chooses.

What a picture's maker had in mind cannot be seen from its pixels: dark ink or light, a border that cuts the ink or a
table beyond the paper, a box printed round the digit or a zero. So each is tried, with how plausible it is before
anybody asks what it shows. Knows no network.
"""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from adder.pictures.ground import FAINTEST, Ground, ground_of, masks_of, sized, without_rules

NOISE = 10  # times the paper's grain, which ink must stand out by
DIRT = 0.0002  # of the picture: what covers less is no ink
NEAR = 0.05  # of the picture's side: pieces that are closer belong together
MOST_PIECES = 3  # of a mask that are looked at each for itself
TWO_TONED = 12  # ink and ground apart, in their deviations: a screenshot, a scan; no photo of paper
MARKS = ("light", "border", "rules", "second")
WAYS = ("near", "pieces", "all")
PRIORS = {  # beside dark ink in one place, away from the border, by half of the darkest
    **{"border": 0.9, "rules": 0.8, "low": 0.95, "flat": 0.95, "light": 0.98},
    **{"pieces": 0.9, "all": 0.85, "second": 0.7},
}

Frame = tuple[float, float, float, float]


class Candidate(NamedTuple):
    ink: np.ndarray  # (H, W) uint8, 0 or 255, cut to what is ink
    frame: Frame  # left, top, width and height of the ink in shares of the picture
    prior: float  # in (0, 1], before anybody asked what it shows
    group: tuple  # of candidates by the same threshold, which differ in what they take of it


def candidates(grey: np.ndarray) -> Iterator[list[Candidate]]:
    """Grey values (H, W) uint8 -> first the plain candidates, then all others; none of a picture of one colour.

    Plain: what is darker than the paper around it, or lighter, in one place, away from the border.
    """
    grey = sized(grey)
    grounds = [ground_of(grey, is_light) for is_light in (False, True)]
    masks = [(ground, name, mask) for ground in grounds for name, mask in masks_of(ground)]
    soft = [each for each in masks if each[1] == "soft"]
    plain = distinct(each for ground, name, mask in soft for each in candidates_in(ground, name, mask, ["near"]))
    yield plain
    found: list[Candidate] = []
    for ground, name, mask in masks:
        for rules, ink in ((False, mask), (True, without_rules(mask))):
            if ink is not None:
                found += candidates_in(ground, name, ink, WAYS, rules=rules)
                found += candidates_in(ground, name, ink, WAYS, rules=rules, border=True)
    looked_at = {(each.frame, each.group) for each in plain}
    yield [each for each in distinct(found) if (each.frame, each.group) not in looked_at]


def candidates_in(
    ground: Ground, name: str, mask: np.ndarray, ways: Iterable[str], *, border: bool = False, rules: bool = False
) -> Iterator[Candidate]:
    """What of a mask is taken: `near`, pieces and what is near them; `pieces`, each alone; `all` together.

    Without `border` what touches the picture's border is left out; with it there is nothing unless something does.
    """
    ink, touches = without_dirt(mask, border)
    if (border and not touches) or not ink.any():
        return
    whole = np.count_nonzero(mask)
    height, width = mask.shape
    for way in ways:
        for rank, piece in enumerate(pieces_of(ink, way)):
            x, y, wide, high = cv2.boundingRect(piece)
            place = np.s_[y : y + high, x : x + wide]
            if not may_be_ink(ground, name, piece, place, border, rules):
                continue
            marks = zip(MARKS, (ground.is_light, border, rules, rank), strict=True)
            traits = [name, way, *(mark for mark, has in marks if has)]
            prior = math.prod(PRIORS.get(each, 1) for each in traits)
            share = float(np.count_nonzero(piece) / whole)
            frame = (x / width, y / height, wide / width, high / height)
            group = (ground.is_light, name, border, rules, way)
            yield Candidate(piece[place].copy(), frame, prior * (0.5 + 0.5 * share), group)


def without_dirt(mask: np.ndarray, border: bool) -> tuple[np.ndarray, bool]:
    """The mask without its smallest pieces, unless `border` without what touches the border; whether anything does."""
    height, width = mask.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    left, top, wide, high, area = stats.T
    is_ink = area >= max(6, DIRT * mask.size)
    is_ink[0] = False
    at_border = is_ink & ((left == 0) | (top == 0) | (left + wide == width) | (top + high == height))
    kept = is_ink if border else is_ink & ~at_border
    return (kept.astype(np.uint8) * 255)[labels], bool(at_border.any())


def pieces_of(ink: np.ndarray, way: str) -> list[np.ndarray]:
    """Ink (H, W) of the largest pieces, the middle before the edges; `all` is one piece."""
    if way == "all":
        return [ink]
    height, width = ink.shape
    reach = int(NEAR * max(ink.shape)) | 1
    near = cv2.dilate(ink, np.ones((reach, reach), np.uint8)) if way == "near" else ink
    count, labels, _, centres = cv2.connectedComponentsWithStats(near)
    covers = np.bincount(labels[ink > 0], minlength=count)[1:]
    away = np.linalg.norm((centres[1:] - (width / 2, height / 2)) / (width, height), axis=1)  # 0 .. 0.7
    order = np.argsort(-covers * (1 - away))[:MOST_PIECES]
    return [np.where(labels == 1 + each, ink, 0).astype(np.uint8) for each in order]


def may_be_ink(ground: Ground, name: str, piece: np.ndarray, place: tuple, border: bool, rules: bool) -> bool:
    """Whether it stands out as ink does: from the grain, from what is right beside it, from the picture as a whole."""
    on = piece[place] > 0
    shares = [size / whole for size, whole in zip(on.shape, piece.shape, strict=True)]
    darkness = ground.darkness[place][on].mean()
    sides = zip((on[0], on[-1], on[:, 0], on[:, -1]), ends(piece, place), strict=True)
    edges = [side.mean() for side, is_end in sides if is_end]
    if max(edges, default=0) > 0.6 and (on.mean() > 0.85 or ground.apart < TWO_TONED):
        return False  # a strip of table or of shadow, which ends where the picture does
    if any(share == 1 and other < 0.15 for share, other in (shares, shares[::-1])):
        return False  # light between two shadows
    if border and name == "flat" and ground.apart < TWO_TONED:
        return False
    around = beside(piece)
    if name != "flat":
        if darkness < max(0.25 if border else FAINTEST, NOISE * ground.noise):
            return False
        if around.any() and ground.darkness[around].mean() > 0.5 * darkness:
            return False
    if (border or rules) and around.any():
        dark, light = np.percentile(ground.grey[around], (25, 75)) - ground.grey[place][on].mean()
        if dark < 0.3 * light:
            return False  # the edge of a shadow, as dark as what lies on one side of it
    return bool(edges) or np.median(ground.grey) - ground.grey[place][on].mean() > 5


def ends(piece: np.ndarray, place: tuple) -> tuple[bool, bool, bool, bool]:
    """Whether a place reaches the picture's upper, lower, left and right border."""
    rows, columns = place
    return rows.start == 0, rows.stop == piece.shape[0], columns.start == 0, columns.stop == piece.shape[1]


def beside(piece: np.ndarray) -> np.ndarray:
    """bool (H, W): what lies right beside the ink, without its soft edge."""
    reach = max(4, max(cv2.boundingRect(piece)[2:]) // 20)
    edge = cv2.dilate(piece, np.ones((5, 5), np.uint8))
    return (cv2.dilate(piece, np.ones((2 * reach + 1,) * 2, np.uint8)) > 0) & (edge == 0)


def distinct(found: Iterable[Candidate]) -> list[Candidate]:
    """Of those that take the same ink the most plausible one."""
    best: dict[tuple, Candidate] = {}
    for each in found:
        key = (each.frame, each.ink.tobytes())
        if key not in best or each.prior > best[key].prior:
            best[key] = each
    return list(best.values())
