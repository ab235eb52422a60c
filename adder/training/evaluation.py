"""How good a network's outputs are: accuracy of digit and sum over all ten numbers, calibration, refusal."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from adder.network.heads import DIGITS, NUMBERS
from adder.network.model import Adder


class Outputs(NamedTuple):
    """A network's answers to N images, on the CPU, for all ten numbers."""

    digit: Tensor  # (N, 10) logits
    sum: Tensor  # (N, 10, 19) logits, for numbers 0..9
    refusal: Tensor | None  # (N,) logits, higher = more surely not a digit


@torch.inference_mode()
def predict(network: Adder, images: Tensor, *, batch_size: int = 1000) -> Outputs:
    """Images uint8 (N, 1, 28, 28) on the network's device -> Outputs."""
    network.eval()
    parts = []
    for batch in images.split(batch_size):
        features = network.features(batch.float() / 255)
        answers = [network.predict(features, torch.full((len(batch),), n, device=batch.device)) for n in range(NUMBERS)]
        sums = torch.stack([answer.sum for answer in answers], 1)
        parts.append((answers[0].digit.cpu(), sums.cpu(), answers[0].refusal))
    digit, total, refusal = zip(*parts, strict=True)
    return Outputs(torch.cat(digit), torch.cat(total), None if refusal[0] is None else torch.cat(refusal).cpu())


def score(outputs: Outputs, digits: Tensor) -> dict[str, float]:
    """Accuracies in [0, 1] and losses in nats, given the true digits, int64 (N,).

    `sum_accuracy` counts all 10 N pairs of image and number. `agreement` is the share of pairs with predicted sum =
    predicted digit + number, right or wrong. `ece` is the expected calibration error of the digits.
    """
    digits = digits.cpu()
    numbers = torch.arange(NUMBERS)
    predicted, predicted_sums = outputs.digit.argmax(1), outputs.sum.argmax(2)  # (N,), (N, 10)
    sums = digits[:, None] + numbers
    return {
        "images": len(digits),
        "pairs": sums.numel(),
        "digit_accuracy": (predicted == digits).double().mean().item(),
        "sum_accuracy": (predicted_sums == sums).double().mean().item(),
        "agreement": (predicted_sums == predicted[:, None] + numbers).double().mean().item(),
        "digit_loss": F.cross_entropy(outputs.digit, digits).item(),
        "sum_loss": F.cross_entropy(outputs.sum.flatten(0, 1), sums.flatten()).item(),
        "ece": calibration_error(outputs.digit, digits),
    }


def digit_score(outputs: Outputs) -> Tensor:
    """float64 (N,) in [0, 1]: 1 - P(not a digit), or the highest digit probability of a network that cannot refuse."""
    if outputs.refusal is None:
        return outputs.digit.double().softmax(1).amax(1)
    return (-outputs.refusal.double()).sigmoid()


def threshold(outputs: Outputs, refused: float) -> float:
    """The digit score below which a share `refused` of these digits lies."""
    return digit_score(outputs).quantile(refused).item()


def confusion(outputs: Outputs, digits: Tensor) -> Tensor:
    """int64 (10, 10): how often a digit (row) was read as another (column)."""
    pairs = digits.cpu() * DIGITS + outputs.digit.argmax(1)
    return pairs.bincount(minlength=DIGITS * DIGITS).view(DIGITS, DIGITS)


def calibration_error(logits: Tensor, labels: Tensor, *, bins: int = 15) -> float:
    """Expected calibration error in [0, 1] (Naeini et al. 2015): mean gap between confidence and accuracy, in bins."""
    confidence, read = logits.softmax(1).double().max(1)
    gap = (read == labels).double() - confidence
    index = (confidence * bins).ceil().long().clamp(1, bins) - 1
    return torch.zeros(bins, dtype=torch.double).index_add(0, index, gap).abs().sum().item() / len(labels)


def fit_temperature(*sets: tuple[Tensor, Tensor]) -> float:
    """The temperature, 0.2 to 5, that minimises the cross entropy of logits / temperature (Guo et al. 2017).

    Each set is logits (N, 10) and labels int64 (N,). All sets have equal weight, whatever their size.
    """
    candidates = torch.logspace(math.log10(0.2), math.log10(5), 400)
    losses = torch.stack([torch.stack([F.cross_entropy(each / t, of) for each, of in sets]).sum() for t in candidates])
    return candidates[losses.argmin()].item()


def auroc(scores: Tensor, others: Tensor) -> float:
    """The probability that one of `scores` is above one of `others`; a tie counts half (Mann and Whitney 1947)."""
    others = others.double().sort().values
    below = torch.searchsorted(others, scores.double()) + torch.searchsorted(others, scores.double(), right=True)
    return (below.double().mean() / 2 / len(others)).item()


def wilson_interval(right: int, count: int, *, z: float = 1.96) -> tuple[float, float]:
    """The 95 % confidence interval of a share (Wilson 1927)."""
    share, spread = right / count, z * z / count
    middle = share + spread / 2
    half = z * math.sqrt(share * (1 - share) / count + spread / 4 / count)
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)
