"""Pads without a browser, what they draw, and whether an answer is right."""

from contextlib import ExitStack, closing

import pytest
import torch

from bench import visitors
from bench.drawings import validation_pad_strokes


@pytest.fixture(scope="module")
def drawings():
    return validation_pad_strokes()


@pytest.fixture(scope="module")
def is_right(weights):
    threads = torch.get_num_threads()
    yield visitors.answer_checker(weights)
    torch.set_num_threads(threads)


@pytest.fixture
def pads():
    """Opens pads, and closes them after the test."""
    with ExitStack() as stack:

        def opened(port, number):
            component = visitors.pad_component(port)
            return [stack.enter_context(closing(visitors.Pad(port, component))) for _ in range(number)]

        yield opened
