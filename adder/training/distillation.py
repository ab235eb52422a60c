"""Distillation: a run learns from the labels and from the mean answer of larger, trained networks, its teachers.

Hinton, Vinyals, Dean 2015, 'Distilling the knowledge in a neural network'. Teacher and student see the same warped
image for many epochs: Beyer et al. 2022, 'Knowledge distillation: a good teacher is patient and consistent'.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from adder.network import checkpoint
from adder.network.heads import SUMS
from adder.network.model import Adder, Prediction

WEIGHT = 0.7  # of the teachers' answers in the loss; the labels have the rest


def load(paths: Sequence[str], device: torch.device) -> list[Adder]:
    """The networks in these weights files. CheckpointError for a damaged file, or a network that cannot refuse."""
    teachers = [checkpoint.load_model(Path(path), device)[0].requires_grad_(False) for path in paths]
    for path, teacher in zip(paths, teachers, strict=True):
        if teacher.refusal is None:
            raise checkpoint.CheckpointError(f"{path} cannot refuse non-digits; name another teacher")
    return teachers


@torch.no_grad()
def loss(teachers: Sequence[Adder], images: Tensor, numbers: Tensor, weights: Tensor, prediction: Prediction) -> Tensor:
    """Cross entropy between the teachers' mean answer to images float32 (B, 1, 28, 28) and a prediction.

    `weights` (B,) are those of digit and sum, 0 for a non-digit; the target of the sum is the teachers' digit shifted
    by the numbers, int64 (B,). The loss of 'not a digit' is a mean over the batch.
    """
    answers = [teacher(images, numbers) for teacher in teachers]
    digit = torch.stack([answer.digit.softmax(1) for answer in answers]).mean(0)  # (B, 10)
    sums = numbers[:, None] + torch.arange(digit.shape[1], device=numbers.device)
    added = digit.new_zeros(len(digit), SUMS).scatter(1, sums, digit)  # (B, 19)
    with torch.enable_grad():
        each = F.cross_entropy(prediction.digit, digit, reduction="none")
        each = each + F.cross_entropy(prediction.sum, added, reduction="none")
        total = (each * weights).sum()
        if prediction.refusal is None:
            return total
        refusal = torch.stack([answer.refusal.sigmoid() for answer in answers]).mean(0)
        return total + F.binary_cross_entropy_with_logits(prediction.refusal, refusal)
