"""Pads without a browser, what they draw, and whether an answer is right."""

from contextlib import ExitStack, closing

import pytest
import torch

from bench import load, shared


@pytest.fixture(scope="module")
def drawings(data_dir):
    return shared.validation_drawings(data_dir)


@pytest.fixture(scope="module")
def is_right(weights):
    threads = torch.get_num_threads()
    yield load.checker(weights)
    torch.set_num_threads(threads)


@pytest.fixture
def pads():
    """Opens pads, and closes them after the test."""
    with ExitStack() as stack:

        def opened(port, number):
            component = load.pad_of(port)
            return [stack.enter_context(closing(load.Pad(port, component))) for _ in range(number)]

        yield opened
