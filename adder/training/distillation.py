"""Teachers: larger networks trained before, whose mean answer to the very image a run learns from beside the labels.

Hinton, Vinyals, Dean 2015, 'Distilling the knowledge in a neural network'; that teacher and network see the same warped
image, for many epochs: Beyer et al. 2022, 'Knowledge distillation: a good teacher is patient and consistent'.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from adder.network import checkpoint
from adder.network.heads import SUMS
from adder.network.model import Adder, Prediction

WEIGHT = 0.7  # of the teachers' answers; the labels have the rest


def load(paths: Sequence[str], device: torch.device) -> list[Adder]:
    """The networks of these weights files. Raises CheckpointError, also for one that cannot refuse."""
    teachers = [checkpoint.load_model(Path(path), device)[0].requires_grad_(False) for path in paths]
    for path, teacher in zip(paths, teachers, strict=True):
        if teacher.refusal is None:
            raise checkpoint.CheckpointError(f"{path} cannot refuse what is no digit; name another teacher")
    return teachers


@torch.no_grad()
def loss(teachers: Sequence[Adder], images: Tensor, numbers: Tensor, weights: Tensor, prediction: Prediction) -> Tensor:
    """Cross entropies between the teachers' mean answer to images (B, 1, 28, 28) and a prediction's.

    Those of the digit and of the sum, which is the teachers' digit moved by the numbers (B,), are added up by `weights`
    (B,), 0 where there is no digit; that of being no digit is the mean over all.
    """
    answers = [teacher(images, numbers) for teacher in teachers]
    digit = torch.stack([answer.digit.softmax(1) for answer in answers]).mean(0)  # (B, 10)
    places = numbers[:, None] + torch.arange(digit.shape[1], device=numbers.device)
    added = digit.new_zeros(len(digit), SUMS).scatter(1, places, digit)  # (B, 19)
    with torch.enable_grad():
        each = F.cross_entropy(prediction.digit, digit, reduction="none")
        each = each + F.cross_entropy(prediction.sum, added, reduction="none")
        total = (each * weights).sum()
        if prediction.refusal is None:
            return total
        refusal = torch.stack([answer.refusal.sigmoid() for answer in answers]).mean(0)
        return total + F.binary_cross_entropy_with_logits(prediction.refusal, refusal)
