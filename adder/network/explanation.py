"""What the network saw on its way to a digit: filters, maps, and the votes that add up to the digit's logit.

The mean over the last grid makes each feature's share of a logit exact, and shows where on the image it came from: a
class activation map (Zhou et al. 2016, 'Learning Deep Features for Discriminative Localization', arXiv:1512.04150).
Knows the residual backbone, not the page.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from adder.network.backbones import ResidualBackbone
from adder.network.model import Adder


class Explanation(NamedTuple):
    """Of one image, float32 all; `C` channels, as many as the network has at that place."""

    filters: Tensor  # (C, k, k): slid over the normalised image, beyond whose edges there is 0
    stem: Tensor  # (C, 28, 28): what each filter makes of it, before pool and bias
    middle: Tensor  # (C, 14, 14), not negative: stage 1, before its pool
    last: Tensor  # (C, 7, 7), not negative: stage 2, whose means are the features
    votes: Tensor  # (10, C): what each feature adds to each digit's logit
    start: Tensor  # (10,): what the logits are without them; with all votes they are the logits


def can_explain(network: Adder) -> bool:
    return isinstance(network.backbone, ResidualBackbone)


@torch.inference_mode()
def explain(network: Adder, image: Tensor) -> Explanation:
    """Image (28, 28) float32 in [0, 1], ink 1 -> what each part of it makes of that.

    `network` is in evaluation mode, its batch norms folded or not. ValueError for a backbone without such maps.
    """
    backbone = network.backbone
    if not isinstance(backbone, ResidualBackbone):
        raise ValueError("only a residual backbone can be explained")
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
    start = network.digit.bias / network.temperature
    return Explanation(next(convolution.parameters()).detach()[:, 0], stem[0], middle[0], last[0], votes, start)
