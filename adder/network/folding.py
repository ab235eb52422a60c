"""A network that only reads needs no batch norms of its own: those right behind a layer become part of it."""

from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from adder.network.model import Adder


def fold_batch_norms(network: Adder) -> Adder:
    """The network, in evaluation mode, with each batch norm that directly follows a layer folded into it, in place.

    Its outputs stay the same but for rounding. Modules are used in the order in which they are registered; a norm
    behind a pool stays.
    """
    for parent in list(network.modules()):
        children = list(parent.named_children())
        for (name, layer), (next_name, norm) in pairwise(children):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, name, fuse_conv_bn_eval(layer, norm))
            elif isinstance(layer, nn.Linear) and isinstance(norm, nn.BatchNorm1d):
                setattr(parent, name, fuse_linear_bn_eval(layer, norm))
            else:
                continue
            setattr(parent, next_name, nn.Identity())
    return network
