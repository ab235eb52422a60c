"""What a network's outputs are worth: accuracy of digit and sum over all ten numbers. Knows outputs only."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NUMBERS = 10


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor, *, batch_size: int = 1000) -> tuple[Tensor, Tensor]:
    """Images uint8 (N, 1, 28, 28) -> digit logits (N, 10) and, for each of the ten numbers, sum logits (N, 10, 19)."""
    network.eval()
    digit_logits, sum_logits = [], []
    for batch in images.split(batch_size):
        features = network.features(batch.float() / 255)
        answers = [network.answer(features, torch.full((len(batch),), n, device=batch.device)) for n in range(NUMBERS)]
        digit_logits.append(answers[0].digit)
        sum_logits.append(torch.stack([answer.sum for answer in answers], 1))
    return torch.cat(digit_logits), torch.cat(sum_logits)


def score(digit_logits: Tensor, sum_logits: Tensor, digits: Tensor) -> dict[str, float]:
    """Accuracies in [0, 1] and losses in nats, from predict's logits and the true digits int64 (N,).

    sum_accuracy counts all 10 N pairs of image and number; agreement counts those where the predicted sum is the
    predicted digit plus the number, right or wrong.
    """
    numbers = torch.arange(NUMBERS, device=digits.device)
    read, added = digit_logits.argmax(1), sum_logits.argmax(2)  # (N,), (N, 10)
    sums = digits[:, None] + numbers
    return {
        "images": len(digits),
        "pairs": sums.numel(),
        "digit_accuracy": (read == digits).double().mean().item(),
        "sum_accuracy": (added == sums).double().mean().item(),
        "agreement": (added == read[:, None] + numbers).double().mean().item(),
        "digit_loss": F.cross_entropy(digit_logits, digits).item(),
        "sum_loss": F.cross_entropy(sum_logits.flatten(0, 1), sums.flatten()).item(),
    }


def confusion(digit_logits: Tensor, digits: Tensor) -> Tensor:
    """int64 (10, 10): how often a digit (row) was read as another (column)."""
    pairs = digits * 10 + digit_logits.argmax(1)
    return pairs.bincount(minlength=100).view(10, 10)
