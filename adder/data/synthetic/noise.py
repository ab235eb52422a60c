"""Blobs of noise, as ink: smoothed random pixels above a threshold, in a window."""

import cv2
import numpy as np

SIDE = 84  # px


def blobs(rng: np.random.Generator) -> np.ndarray:
    """Ink uint8 (SIDE, SIDE), 255 on 0: from one smooth blob to many specks. It is never blank."""
    smoothness = np.exp(rng.uniform(np.log(0.02), np.log(0.2))) * SIDE
    stretch = np.exp(rng.normal(0, 0.3))
    field = cv2.GaussianBlur(
        rng.standard_normal((SIDE, SIDE)), (0, 0), smoothness * stretch, sigmaY=smoothness / stretch
    )
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    half_width, half_height = rng.uniform(0.35, 0.95, 2)
    power = rng.choice((2, 8))  # an ellipse, or nearly a rectangle
    window = (np.abs(x) / half_width) ** power + (np.abs(y) / half_height) ** power < 1
    ink = (field > np.quantile(field[window], rng.uniform(0.3, 0.9))) & window
    return np.where(ink, 255, 0).astype(np.uint8)
