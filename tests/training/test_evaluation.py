import numpy as np
import pytest
import torch
import torch.nn.functional as F

from adder.network.model import Prediction
from adder.training import evaluation
from adder.training.evaluation import Outputs


def outputs(digit, total=None, refusal=None):
    return Outputs(digit, torch.zeros(len(digit), 10, 19) if total is None else total, refusal)


def test_score_by_arithmetic(rng):
    digits = rng.integers(0, 10, 200)
    digit_logits = rng.normal(size=(200, 10)).astype(np.float32)
    sum_logits = rng.normal(size=(200, 10, 19)).astype(np.float32)
    scores = evaluation.score(
        Outputs(torch.from_numpy(digit_logits), torch.from_numpy(sum_logits), None), torch.from_numpy(digits)
    )
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

        def predict(self, features, numbers):
            total = (features + numbers)[:, None].expand(-1, 19)
            return Prediction(features[:, None].expand(-1, 10), total, features)

    images = torch.full((5, 1, 28, 28), 255, dtype=torch.uint8)
    digit, total, refusal = evaluation.predict(Echo(), images, batch_size=2)
    assert digit.shape == (5, 10) and total.shape == (5, 10, 19) and refusal.shape == (5,)
    assert total[0, :, 0].tolist() == [1.0 + number for number in range(10)]


def test_confusion():
    counts = evaluation.confusion(outputs(torch.eye(10)[[3, 3, 7]]), torch.tensor([3, 8, 7]))
    assert counts[3, 3] == counts[8, 3] == counts[7, 7] == 1 and counts.sum() == 3


def test_calibration_error_by_hand(rng):
    logits = torch.from_numpy(rng.normal(size=(500, 10)) * 2)
    labels = torch.from_numpy(rng.integers(0, 10, 500))
    probs = logits.softmax(1).numpy()
    confidence, right = probs.max(1), probs.argmax(1) == labels.numpy()
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence > low) & (confidence <= low + 1 / 15)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert evaluation.calibration_error(logits, labels) == pytest.approx(expected, abs=1e-9)


def test_temperature_undoes_overconfidence():
    torch.manual_seed(0)
    logits = torch.randn(20000, 10)
    labels = torch.distributions.Categorical(logits=logits).sample()
    assert evaluation.fit_temperature((3 * logits, labels)) == pytest.approx(3, rel=0.05)
    assert evaluation.fit_temperature((logits, labels)) == pytest.approx(1, rel=0.05)


def test_temperature_weighs_sets_alike():
    torch.manual_seed(0)
    logits = torch.randn(660, 10)
    labels = torch.distributions.Categorical(logits=logits).sample()
    many, few = (logits[:600], labels[:600]), (3 * logits[600:], labels[600:])
    told = evaluation.fit_temperature(many, few)
    assert told == evaluation.fit_temperature(many, *[tuple(each.repeat_interleave(9, 0) for each in few)])
    assert told != evaluation.fit_temperature(many) and told != evaluation.fit_temperature(few)


def test_auroc_by_counting_pairs(rng):
    digits, others = rng.integers(0, 8, 60) / 8, rng.integers(0, 8, 40) / 8
    expected = np.mean([(a > b) + 0.5 * (a == b) for a in digits for b in others])
    assert evaluation.auroc(torch.from_numpy(digits), torch.from_numpy(others)) == pytest.approx(expected)


def test_wilson_of_known_value():
    low, high = evaluation.wilson_interval(8, 10)  # Wilson 1927: 0.490 to 0.943
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert evaluation.wilson_interval(10, 10)[1] == pytest.approx(1)


def test_threshold_refuses_no_more_than_asked():
    torch.manual_seed(0)
    refusal = torch.randn(1000)
    some = outputs(torch.zeros(1000, 10), refusal=refusal)
    score = evaluation.digit_score(some)
    assert (score < evaluation.threshold(some, 0.01)).sum() == 10
    assert score[refusal.argmax()] == score.min(), "a higher refusal is a lower digit score"
    sure = evaluation.digit_score(outputs(10 * F.one_hot(torch.arange(10)).float()))
    assert (sure > 0.99).all(), "without a refusal the surest digit's probability counts"
