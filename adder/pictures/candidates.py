"""A picture -> the candidates for the digit's ink.

Pixels alone do not show what is meant: dark ink, light or coloured, ink at the border or a table beyond the paper, a
printed box or a zero. So every possibility becomes a candidate, with a prior: how plausible it is before the network
reads it.
"""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from adder.pictures.ink_masks import (
    MIN_DARKNESS,
    Ground,
    chroma_of,
    grey_of,
    ground_of,
    masks_of,
    resized,
    without_rules,
)

MIN_CONTRAST = 10  # ink stands out by so many times the paper's noise
MIN_AREA = 0.0002  # of the picture: a smaller piece is dirt
CLUSTER_DISTANCE = 0.05  # of the picture's longer side: pieces that are closer belong together
MAX_PIECES = 3  # of a mask, each a candidate of its own
TWO_TONE_SEPARATION = 12  # see Ground.separation: reached by screenshots and scans, not by photos of paper
GROUPINGS = ("cluster", "piece", "all")  # a piece with its near ones, one piece, or all ink
TRAITS = ("border", "rules", "second")
PRIORS = {  # each a factor; 1 for dark ink in one cluster, away from the border, at half of the greatest darkness
    **{"border": 0.9, "rules": 0.8, "quarter": 0.95, "otsu": 0.95, "light": 0.98, "chroma": 0.95},
    **{"piece": 0.9, "all": 0.85, "second": 0.7},
}

Frame = tuple[float, float, float, float]  # left, top, width and height, in shares of the picture


class Candidate(NamedTuple):
    ink: np.ndarray  # (H, W) uint8, 0 or 255, cut to its frame
    frame: Frame
    prior: float  # in (0, 1]
    group: tuple  # candidates of one group are parts of the same mask
    grouping: str  # one of GROUPINGS


def candidates(picture: np.ndarray) -> Iterator[list[Candidate]]:
    """Grey values (H, W) or RGB (H, W, 3) uint8 -> first the plain candidates, then all others, then those of another
    colour than the paper; a picture of one colour has none.

    A plain candidate is one cluster, away from the border, that is darker (or lighter) than the paper around it.
    """
    picture = resized(picture)
    grey = grey_of(picture)
    yield from candidates_on([ground_of(grey, tone) for tone in ("dark", "light")])
    chroma = chroma_of(picture) if picture.ndim == 3 else None
    if chroma is not None:
        yield from candidates_on([ground_of(chroma, "chroma")])


def candidates_on(grounds: list[Ground]) -> Iterator[list[Candidate]]:
    """First the plain candidates, then all others."""
    masks = [(ground, name, mask) for ground in grounds for name, mask in masks_of(ground)]
    plain = distinct(
        candidate
        for ground, name, mask in masks
        if name == "half"
        for candidate in candidates_in(ground, name, mask, ["cluster"])
    )
    yield plain
    found: list[Candidate] = []
    for ground, name, mask in masks:
        for rules, ink in ((False, mask), (True, without_rules(mask))):
            if ink is not None:
                found += candidates_in(ground, name, ink, GROUPINGS, rules=rules)
                found += candidates_in(ground, name, ink, GROUPINGS, rules=rules, border=True)
    known = {(candidate.frame, candidate.group, candidate.grouping) for candidate in plain}
    yield [
        candidate
        for candidate in distinct(found)
        if (candidate.frame, candidate.group, candidate.grouping) not in known
    ]


def candidates_in(
    ground: Ground, name: str, mask: np.ndarray, groupings: Iterable[str], *, border: bool = False, rules: bool = False
) -> Iterator[Candidate]:
    """The candidates in a mask (H, W) uint8 that `masks_of` calls `name`; `rules` says that rules were removed from it.

    Pieces that touch the picture's border count only with `border`; if there are none, `border` yields nothing.
    """
    ink, touches_border = without_dirt(mask, border)
    if (border and not touches_border) or not ink.any():
        return
    mask_area = np.count_nonzero(mask)
    height, width = mask.shape
    for grouping in groupings:
        for rank, piece in enumerate(pieces_of(ink, grouping)):
            x, y, wide, high = cv2.boundingRect(piece)
            box = np.s_[y : y + high, x : x + wide]
            if not looks_like_ink(ground, name, piece, box, border, rules):
                continue
            traits = [trait for trait, has in zip(TRAITS, (border, rules, rank), strict=True) if has]
            prior = math.prod(PRIORS.get(trait, 1) for trait in (ground.tone, name, grouping, *traits))
            share = float(np.count_nonzero(piece) / mask_area)
            frame = (x / width, y / height, wide / width, high / height)
            group = (ground.tone, name, border, rules)
            yield Candidate(piece[box].copy(), frame, prior * (0.5 + 0.5 * share), group, grouping)


def without_dirt(mask: np.ndarray, border: bool) -> tuple[np.ndarray, bool]:
    """The mask without its smallest pieces, and whether others touch the border; without these too if not `border`."""
    height, width = mask.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    left, top, wide, high, area = stats.T
    is_ink = area >= max(6, MIN_AREA * mask.size)
    is_ink[0] = False
    at_border = is_ink & ((left == 0) | (top == 0) | (left + wide == width) | (top + high == height))
    kept = is_ink if border else is_ink & ~at_border
    return (kept.astype(np.uint8) * 255)[labels], bool(at_border.any())


def pieces_of(ink: np.ndarray, grouping: str) -> list[np.ndarray]:
    """Ink (H, W) uint8 of each of the largest pieces, those in the middle first; 'all' is one piece."""
    if grouping == "all":
        return [ink]
    height, width = ink.shape
    reach = int(CLUSTER_DISTANCE * max(ink.shape)) | 1
    joined = cv2.dilate(ink, np.ones((reach, reach), np.uint8)) if grouping == "cluster" else ink
    count, labels, _, centres = cv2.connectedComponentsWithStats(joined)
    areas = np.bincount(labels[ink > 0], minlength=count)[1:]
    distances = np.linalg.norm((centres[1:] - (width / 2, height / 2)) / (width, height), axis=1)  # 0 .. 0.7
    order = np.argsort(-areas * (1 - distances))[:MAX_PIECES]
    return [np.where(labels == 1 + index, ink, 0).astype(np.uint8) for index in order]


def looks_like_ink(ground: Ground, name: str, piece: np.ndarray, box: tuple, border: bool, rules: bool) -> bool:
    """Whether a piece stands out as ink does: from the noise, from its surroundings and from the whole picture."""
    on = piece[box] > 0
    shares = [size / whole for size, whole in zip(on.shape, piece.shape, strict=True)]
    darkness = ground.darkness[box][on].mean()
    sides = zip((on[0], on[-1], on[:, 0], on[:, -1]), borders_touched(piece, box), strict=True)
    edges = [side.mean() for side, is_touched in sides if is_touched]
    if max(edges, default=0) > 0.6 and (on.mean() > 0.85 or ground.separation < TWO_TONE_SEPARATION):
        return False  # a strip of the table, or a shadow, that goes on beyond the picture
    if any(share == 1 and other < 0.15 for share, other in (shares, shares[::-1])):
        return False  # light between two shadows
    if border and name == "otsu" and ground.separation < TWO_TONE_SEPARATION:
        return False
    around = surroundings(piece)
    if name != "otsu":
        if darkness < max(0.25 if border else MIN_DARKNESS, MIN_CONTRAST * ground.noise):
            return False
        if around.any() and ground.darkness[around].mean() > 0.5 * darkness:
            return False
    if (border or rules) and around.any():
        dark, light = np.percentile(ground.grey[around], (25, 75)) - ground.grey[box][on].mean()
        if dark < 0.3 * light:
            return False  # the edge of a shadow: one side of it is as dark as the piece
    return bool(edges) or np.median(ground.grey) - ground.grey[box][on].mean() > 5


def borders_touched(piece: np.ndarray, box: tuple) -> tuple[bool, bool, bool, bool]:
    """Whether a box reaches the picture's upper, lower, left and right border."""
    rows, columns = box
    return rows.start == 0, rows.stop == piece.shape[0], columns.start == 0, columns.stop == piece.shape[1]


def surroundings(piece: np.ndarray) -> np.ndarray:
    """bool (H, W): a band around the ink, without the ink's soft edge."""
    reach = max(4, max(cv2.boundingRect(piece)[2:]) // 20)
    edge = cv2.dilate(piece, np.ones((5, 5), np.uint8))
    return (cv2.dilate(piece, np.ones((2 * reach + 1,) * 2, np.uint8)) > 0) & (edge == 0)


def distinct(found: Iterable[Candidate]) -> list[Candidate]:
    """Of candidates with the same ink, the one with the highest prior."""
    best: dict[tuple, Candidate] = {}
    for candidate in found:
        key = (candidate.frame, candidate.ink.tobytes())
        if key not in best or candidate.prior > best[key].prior:
            best[key] = candidate
    return list(best.values())
