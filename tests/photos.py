"""Photos made of pen drawings, and pictures as files."""

import io

import cv2
import numpy as np
from PIL import Image


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
    picture = grey if isinstance(grey, Image.Image) else Image.fromarray(grey)
    picture.save(file, format, **options)
    return file.getvalue()
