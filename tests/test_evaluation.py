import numpy as np
import torch

from adder import evaluation


def test_score_by_arithmetic(rng):
    digits = rng.integers(0, 10, 200)
    digit_logits = rng.normal(size=(200, 10)).astype(np.float32)
    sum_logits = rng.normal(size=(200, 10, 19)).astype(np.float32)
    scores = evaluation.score(*(torch.from_numpy(a) for a in (digit_logits, sum_logits, digits)))
    right = added = agreeing = 0
    for i in range(200):
        read = digit_logits[i].argmax()
        right += read == digits[i]
        for number in range(10):
            total = sum_logits[i, number].argmax()
            added += total == digits[i] + number
            agreeing += total == read + number
    assert scores["images"] == 200 and scores["pairs"] == 2000
    assert scores["digit_accuracy"] == right / 200
    assert scores["sum_accuracy"] == added / 2000
    assert scores["agreement"] == agreeing / 2000


def test_predict_asks_all_ten_numbers():
    class Echo(torch.nn.Module):
        def features(self, images):
            return images.mean((1, 2, 3))

        def answer(self, features, numbers):
            from adder.model import Prediction

            return Prediction(features[:, None].expand(-1, 10), (features + numbers)[:, None].expand(-1, 19))

    images = torch.full((5, 1, 28, 28), 255, dtype=torch.uint8)
    digit_logits, sum_logits = evaluation.predict(Echo(), images, batch_size=2)
    assert digit_logits.shape == (5, 10) and sum_logits.shape == (5, 10, 19)
    assert sum_logits[0, :, 0].tolist() == [1.0 + number for number in range(10)]


def test_confusion():
    logits = torch.eye(10)[torch.tensor([3, 3, 7])]
    counts = evaluation.confusion(logits, torch.tensor([3, 8, 7]))
    assert counts[3, 3] == counts[8, 3] == counts[7, 7] == 1 and counts.sum() == 3
