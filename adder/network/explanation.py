"""How the network gets from an image to a digit: its filters, their maps, and what each feature adds to each logit.

A feature is the mean of a 7x7 map, so its contribution to a logit is exact, and the map shows where in the image it
comes from. This is a class activation map (Zhou et al. 2016, 'Learning Deep Features for Discriminative Localization',
arXiv:1512.04150).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from adder.network.backbones import ResidualBackbone
from adder.network.model import Adder


class Explanation(NamedTuple):
    """Of one image, all float32. C is the number of channels, which differs from stage to stage."""

    filters: Tensor  # (C, k, k), of the first convolution; it pads the normalised image with 0
    stem: Tensor  # (C, 28, 28): the output of each filter, before pool and batch norm
    middle: Tensor  # (C, 14, 14), 0 or more: stage 1, before its pool
    last: Tensor  # (C, 7, 7), 0 or more: stage 2; the mean of each map is a feature
    votes: Tensor  # (10, C): the contribution of each feature to each digit's logit
    bias: Tensor  # (10,), of the digit layer; bias + votes.sum(1) are the logits


def can_explain(network: Adder) -> bool:
    return isinstance(network.backbone, ResidualBackbone)


@torch.inference_mode()
def explain(network: Adder, image: Tensor) -> Explanation:
    """Image (28, 28) float32 in [0, 1], ink 1 -> Explanation.

    `network` is in evaluation mode, with or without folded batch norms. ValueError for another backbone.
    """
    backbone = network.backbone
    if not isinstance(backbone, ResidualBackbone):
        raise ValueError("this backbone has no maps to show; load weights with a residual backbone")
    convolution, *rest = backbone.stem
    stem = convolution((image[None, None] - network.mean) / network.std)
    pooled = stem
    for layer in rest:
        pooled = layer(pooled)  # (1, C, 14, 14)
    *stage1, pool = backbone.stage1
    middle = pooled
    for layer in stage1:
        middle = layer(middle)
    last = backbone.stage2(pool(middle))
    features = last.mean((2, 3))  # (1, C)
    votes = features * network.digit.weight / network.temperature
    bias = network.digit.bias / network.temperature
    return Explanation(next(convolution.parameters()).detach()[:, 0], stem[0], middle[0], last[0], votes, bias)
