"""With the shipped weights, on MNIST's test images: the ink that the map points at is the ink that the answer needs."""

import numpy as np
import pytest
import torch

from adder.data import mnist
from adder.network.saliency import saliency
from adder.reader import Reader


@pytest.fixture(scope="module", autouse=True)
def one_core():
    """As the page runs the network."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def reader(weights):
    return Reader.load(weights, device="cpu")


@pytest.fixture(scope="module")
def readings(reader, data_dir):
    images = mnist.training_and_validation(data_dir)[1].images[::60, 0].numpy()
    return [reading for reading in reader.read_many(list(images), [5] * len(images)) if reading.is_digit]


def without(image, pixels):
    erased = image.copy()
    erased.flat[pixels] = 0
    return torch.from_numpy(erased)


def test_salient_ink_is_missed_more_than_random_ink(reader, readings, rng):
    """The deletion game of Petsiuk, Das, Saenko 2018, 'RISE', played with shares of the ink."""
    assert len(readings) >= 70
    orders = []  # of the ink, the most salient first
    for reading in readings:
        ink = np.flatnonzero(reading.image > 0.2)
        orders.append(ink[np.argsort(reader.saliency(reading).flat[ink])[::-1]])
    for share in (0.1, 0.2, 0.4):
        erased, digits = [], []
        for reading, salient in zip(readings, orders, strict=True):
            count = round(share * len(salient))
            erased += [without(reading.image, each[:count]) for each in (salient, rng.permutation(salient))]
            digits += 2 * [reading.digit]
        with torch.inference_mode():
            batch = torch.stack(erased)[:, None]
            probs = reader.network(batch, torch.zeros(len(batch), dtype=torch.int64)).digit.softmax(1)
        by_salience, by_chance = probs[range(len(digits)), digits].view(-1, 2).mean(0)
        print(f"{share:.0%} of the ink erased: P(digit) {by_salience:.2f} by salience, {by_chance:.2f} by chance")
        assert by_salience < by_chance - 0.1


def test_the_map_adds_up_to_what_the_ink_changed(reader, readings):
    """The method's axiom of completeness, within what eight steps leave of it."""
    ratios = []
    for reading in readings[:20]:
        image = torch.from_numpy(reading.image)
        with torch.inference_mode():
            pair = torch.stack((torch.zeros_like(image), image))[:, None]
            numbers = torch.zeros(2, dtype=torch.int64)
            paper, ink = reader.network(pair, numbers).digit[:, reading.digit]
        ratios.append(float(saliency(reader.network, image, reading.digit).sum() / (ink - paper)))
        assert not reader.saliency(reading)[reading.image == 0].any()
    assert np.median(ratios) == pytest.approx(1, abs=0.15)


def test_a_blank_has_no_map(reader):
    assert not reader.saliency(reader.read_strokes([], 5)).any()
