"""What the lessons are told, by the real network: bounded, checked, and exact where the page calculates."""

import base64
import json

import numpy as np
import pytest

from adder.network.model import MNIST_MEAN, MNIST_STD
from adder.page.explain.lessons import answer_lesson, explain, lessons_by_name, read_pixels
from adder.reader import Reader
from bench.drawings import page_examples


@pytest.fixture(scope="module")
def reader(weights):
    return Reader.load(weights, device="cpu")


def numbers(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_answer_is_small_and_calculates_exactly(reader):
    strokes = page_examples()[0]["strokes"]
    answer = explain({"strokes": strokes, "number": 5}, reader)
    assert len(json.dumps(answer)) < 60_000
    reading = reader.read_strokes(strokes, 5)
    explanation = reader.explain(reading.image)
    pixels = numbers(answer["pixels"], "<u2").reshape(28, 28) / 65535
    filters = numbers(answer["filters"], "<f4").reshape(-1, 5, 5)
    padded = np.pad((pixels - MNIST_MEAN) / MNIST_STD, 2)
    by_hand = np.einsum("cyx,yx->c", filters, padded[10:15, 12:17])
    assert by_hand == pytest.approx(explanation.stem[:, 10, 12].numpy(), abs=1e-3)
    votes = numbers(answer["votes"], "<f4").reshape(10, -1).sum(1) + answer["rest"] + answer["start"]
    exp = np.exp(votes - votes.max())
    assert exp / exp.sum() == pytest.approx(reading.digit_probs, abs=1e-4)


def test_nothing_else_is_taken(reader):
    taught = lessons_by_name(reader, list, {}, {})

    def told(payload):
        return answer_lesson(payload, taught)

    for payload in (None, [], {}, {"lesson": ["explanation"]}, {"lesson": "sleep"}):
        assert "expected one of" in told(payload)["error"]
    for name in ("explanation", "pixel_editor", "similar_corrections", "training_steps"):
        for wrong in ({}, {"strokes": [[[0, 0.5]]], "number": 5}, {"pixels": [0], "number": 5}):
            assert "expected" in told({"lesson": name} | wrong)["error"]
    for pixel in (256, -1, True, 1.0, None):
        assert "expected" in told({"lesson": "pixel_editor", "pixels": [pixel] * 784, "number": 5})["error"]
    assert "expected" in told({"lesson": "pixel_editor", "pixels": [0] * 784, "number": 10})["error"]
    assert read_pixels({"pixels": [0] * 784, "number": 5}, reader) == {"state": "empty"}


def test_a_painted_image_is_read(reader):
    reading = reader.read_strokes(page_examples()[0]["strokes"], 5)
    grey = np.rint(reading.image * 255).astype(int).ravel().tolist()
    answer = read_pixels({"pixels": grey, "number": 5}, reader)
    assert (answer["state"], answer["digit"], answer["sum"]) == ("digit", reading.digit, reading.sum)
