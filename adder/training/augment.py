"""Random warps of a batch of images, on the device of the images.

Each image gets its own affine map (rotation, scale, shear, shift), elastic displacement field (Simard, Steinkraus,
Platt 2003) and change of stroke width. torch's generator of the device makes the random numbers.
"""

from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Strength(NamedTuple):
    """The largest change in either direction; each image samples its own uniformly."""

    rotation: float  # degrees
    scale: float  # share, for each axis
    shear: float  # horizontal shift per unit of height
    shift: float  # px
    elastic: float  # px, the root mean square of the displacements
    width: float  # share of the way to the 3x3 maximum (thicker) or minimum (thinner)


ELASTIC_SIGMA = 4.0  # px: how far a displacement reaches


def augment(images: Tensor, strength: Strength) -> Tensor:
    """Images float (B, 1, H, W) in [0, 1] -> warped images of the same shape and range."""
    count, _, height, width = images.shape
    grid = affine_grid(random_affine(count, strength, images.device), height, width)  # (B, H, W, 2) px
    grid = grid + elastic_field(count, height, width, strength.elastic, images.device)
    images = sample(images, grid)
    return change_width(images, (torch.rand(count, device=images.device) * 2 - 1) * strength.width)


def random_affine(count: int, strength: Strength, device: torch.device | str) -> Tensor:
    """(B, 2, 3): maps an output pixel to the input pixel that it samples, both relative to the image's centre."""
    spread = torch.rand(6, count, device=device) * 2 - 1
    angle = torch.deg2rad(spread[0] * strength.rotation)
    scale_x, scale_y = 1 + spread[1] * strength.scale, 1 + spread[2] * strength.scale
    shear = spread[3] * strength.shear
    shift = spread[4:6].T * strength.shift  # (B, 2)
    cos, sin = angle.cos(), angle.sin()
    rotate = torch.stack((cos, -sin, sin, cos), 1).view(-1, 2, 2)
    zero = torch.zeros_like(shear)
    stretch = torch.stack((1 / scale_x, shear, zero, 1 / scale_y), 1).view(-1, 2, 2)
    return torch.cat((rotate @ stretch, shift[:, :, None]), 2)


def affine_grid(matrices: Tensor, height: int, width: int) -> Tensor:
    """(B, 2, 3) maps about the centre -> (B, H, W, 2): the x, y in px that each output pixel samples."""
    x, y = (coordinates(height, width, matrices.device) @ matrices.transpose(1, 2)).view(-1, height, width, 2).unbind(3)
    return torch.stack((x + (width - 1) / 2, y + (height - 1) / 2), 3)


@cache
def coordinates(height: int, width: int, device: torch.device | str) -> Tensor:
    """(H * W, 3): x and y of every pixel, in px from the centre, and 1."""
    y = torch.arange(height, device=device) - (height - 1) / 2
    x = torch.arange(width, device=device) - (width - 1) / 2
    xs, ys = x.expand(height, -1), y[:, None].expand(-1, width)
    return torch.stack((xs, ys, torch.ones_like(xs)), 2).view(-1, 3)


def elastic_field(count: int, height: int, width: int, strength: float, device: torch.device | str) -> Tensor:
    """(B, H, W, 2) displacements in px: smooth noise. Each image's root mean square is uniform in 0..`strength`.

    The noise is a sum of Gaussians on a coarse lattice with random heights: two small matrix products, cheaper than the
    filtered noise of Simard et al.
    """
    rows, columns = bumps(height, device), bumps(width, device)
    heights = torch.randn(count, 2, rows.shape[1], columns.shape[1], device=device)
    field = (rows @ heights @ columns.T).view(count, 2, -1)
    rms = field.square().mean((1, 2), keepdim=True).sqrt()
    field = field * (torch.rand(count, 1, 1, device=device) * strength / rms)
    return field.transpose(1, 2).reshape(count, height, width, 2)


@cache
def bumps(size: int, device: torch.device | str) -> Tensor:
    """(size, K): K Gaussians that cover `size` px, ELASTIC_SIGMA px wide (standard deviation) and as far apart."""
    middles = torch.arange(-ELASTIC_SIGMA, size + ELASTIC_SIGMA, ELASTIC_SIGMA, device=device)
    x = torch.arange(size, device=device)[:, None]
    return torch.exp(-((x - middles) ** 2) / (2 * ELASTIC_SIGMA**2))


def sample(images: Tensor, grid: Tensor) -> Tensor:
    """Bilinear samples of (B, 1, H, W) at (B, H, W, 2) px; outside is paper, 0."""
    height, width = images.shape[2:]
    x, y = grid.unbind(3)
    normalised = torch.stack(((2 * x + 1) / width - 1, (2 * y + 1) / height - 1), 3)  # in [-1, 1]
    return F.grid_sample(images, normalised, padding_mode="zeros", align_corners=False)


def change_width(images: Tensor, amount: Tensor) -> Tensor:
    """Makes strokes thicker (amount (B,) > 0) or thinner (< 0): moves towards the 3x3 maximum or minimum."""
    sign = torch.where(amount < 0, -1.0, 1.0).view(-1, 1, 1, 1)
    signed = images * sign  # a minimum is the maximum of the negative
    padded = F.pad(signed, (1, 1, 1, 1))
    peak = torch.maximum(torch.maximum(padded[..., :-2], padded[..., 1:-1]), padded[..., 2:])
    peak = torch.maximum(torch.maximum(peak[..., :-2, :], peak[..., 1:-1, :]), peak[..., 2:, :])
    return sign * signed.lerp(peak, amount.abs().view(-1, 1, 1, 1))
