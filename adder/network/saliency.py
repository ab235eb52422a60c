"""How much each pixel of an image contributes to the digit that the network reads.

Integrated gradients (Sundararajan, Taly, Yan 2017, 'Axiomatic Attribution for Deep Networks', arXiv:1703.01365): the
ink of each pixel times its mean gradient on the straight line from the blank image to this one.
"""

import torch
from torch import Tensor

from adder.network.model import Adder

STEPS = 8  # images on that line


def saliency(network: Adder, image: Tensor, digit: int) -> Tensor:
    """Image (28, 28) float32 in [0, 1], ink 1 -> (28, 28) float32: what each pixel adds to the digit's logit.

    Paper adds 0; ink that makes the digit less likely adds less than 0. `network` is in evaluation mode.
    """
    fractions = (torch.arange(STEPS, device=image.device) + 0.5) / STEPS  # the midpoint rule
    faded = (fractions[:, None, None, None] * image).requires_grad_()  # (STEPS, 1, 28, 28)
    logits = network.digit(network.features(faded))[:, digit] / network.temperature  # (STEPS,)
    (gradients,) = torch.autograd.grad(logits.sum(), faded)
    return gradients.mean((0, 1)) * image
