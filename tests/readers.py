"""Readers that answer all the same."""

from types import SimpleNamespace

import numpy as np


def reading(is_digit=True, **probs):
    digit_probs = np.zeros(10, np.float32)
    for name, p in probs.items():
        digit_probs[int(name[1:])] = p
    return SimpleNamespace(
        digit=7, sum=9, is_digit=is_digit, digit_score=0.75, digit_probs=digit_probs,
        sum_probs=np.pad(digit_probs, (2, 7)), image=np.full((28, 28), 0.5, np.float32),
    )  # fmt: skip


def named(recipe, threshold=0.5):
    read_many = lambda drawings, numbers, **_: [reading(_7=0.75)] * len(drawings)  # noqa: E731
    return SimpleNamespace(description={"recipe": recipe}, threshold=threshold, read_many=read_many, can_explain=False)
