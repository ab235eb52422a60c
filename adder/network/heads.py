"""Heads that add: digit logits (B, 10) float32 and numbers (B,) int64 in 0..9 -> sum logits (B, 19) float32."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DIGITS = 10
NUMBERS = 10
SUMS = 19  # 0 + 0 .. 9 + 9


class ConvolutionHead(nn.Module):
    """P(sum) as the convolution of two distributions, P(digit) and a learned P(value | number); no convolutional layer.

    P(sum = s) is the sum over d of P(digit = d) P(value = s - d), which holds for independent variables. The table of
    P(value | number) starts uniform; only the sum loss trains it.
    """

    takes_calibrated_logits = True  # it uses their softmax alone
    value: Tensor
    impossible: Tensor
    INVERSE_TEMPERATURE = 8.0  # of the softmax of the table, which so becomes sharp within an epoch

    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(NUMBERS, NUMBERS))  # [number, value]
        value = torch.arange(SUMS)[:, None] - torch.arange(DIGITS)  # (19, 10): s - d
        self.register_buffer("value", value.clamp(0, NUMBERS - 1), persistent=False)
        impossible = torch.where((value < 0) | (value >= NUMBERS), torch.finfo(torch.float32).min, 0.0)
        self.register_buffer("impossible", impossible, persistent=False)

    def log_value(self) -> Tensor:
        """log P(value | number): (10, 10) float32, a row for each number."""
        return F.log_softmax(self.INVERSE_TEMPERATURE * self.table, 1)

    def forward(self, digit_logits: Tensor, numbers: Tensor) -> Tensor:
        log_digit = F.log_softmax(digit_logits, 1)  # (B, 10)
        log_value = self.log_value()[numbers]  # (B, 10)
        terms = log_digit[:, None] + log_value[:, self.value] + self.impossible  # (B, 19, 10)
        return terms.logsumexp(2)  # (B, 19)


class ConcatHead(nn.Module):
    """Linear layers, `depth` of them hidden, with ReLU, over the digit logits and the one-hot number."""

    takes_calibrated_logits = False

    def __init__(self, *, hidden: int = 128, depth: int = 1):
        super().__init__()
        layers: list[nn.Module] = []
        width = DIGITS + NUMBERS
        for _ in range(depth):
            layers += [nn.Linear(width, hidden), nn.ReLU()]
            width = hidden
        self.layers = nn.Sequential(*layers, nn.Linear(width, SUMS))

    def forward(self, digit_logits: Tensor, numbers: Tensor) -> Tensor:
        return self.layers(torch.cat((digit_logits, one_hot(numbers)), 1))


class EmbedHead(nn.Module):
    """A linear layer with ReLU for the digit logits and one for the one-hot number, then a linear layer over both."""

    takes_calibrated_logits = False

    def __init__(self, *, width: int = 20):
        super().__init__()
        self.digit = nn.Linear(DIGITS, width)
        self.number = nn.Linear(NUMBERS, width)
        self.sum = nn.Linear(2 * width, SUMS)

    def forward(self, digit_logits: Tensor, numbers: Tensor) -> Tensor:
        return self.sum(torch.cat((self.digit(digit_logits).relu(), self.number(one_hot(numbers)).relu()), 1))


class PairHead(nn.Module):
    """Sigmoid layers over two scalars, the predicted digit and the number. No gradient reaches the digit."""

    takes_calibrated_logits = False

    def __init__(self, *, hidden: tuple[int, int] = (64, 64)):
        super().__init__()
        first, second = hidden
        self.layers = nn.Sequential(
            *(nn.Linear(2, first), nn.Sigmoid(), nn.Linear(first, second), nn.Sigmoid(), nn.Linear(second, SUMS))
        )

    def forward(self, digit_logits: Tensor, numbers: Tensor) -> Tensor:
        pair = torch.stack((digit_logits.argmax(1), numbers), 1)
        return self.layers(pair.to(digit_logits.dtype))


def one_hot(numbers: Tensor) -> Tensor:
    """int64 (B,) in 0..9 -> float32 (B, 10)."""
    return F.one_hot(numbers, NUMBERS).float()


HEADS: dict[str, Callable[..., nn.Module]] = {
    "convolution": ConvolutionHead,
    "concat": ConcatHead,
    "embed": EmbedHead,
    "pair": PairHead,
}
