import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from adder.drawing.raster import SIDE
from adder.network import heads, model
from adder.network.backbones import IMAGE_SHAPE
from tests.machine import ROOT


def worth_what_it_says(head: heads.ConvolutionHead) -> heads.ConvolutionHead:
    """The head as training leaves it: every number stands for itself."""
    with torch.no_grad():
        head.table.copy_(10 * torch.eye(10))
    return head


def test_sum_distribution_is_the_convolution_of_digit_and_number():
    torch.manual_seed(0)
    head = heads.ConvolutionHead()
    torch.nn.init.normal_(head.table)
    digit_logits, numbers = torch.randn(10, 10), torch.arange(10)
    sums = head(digit_logits, numbers).softmax(1).detach().numpy()
    digit_probs = digit_logits.softmax(1).numpy()
    value_probs = (head.INVERSE_TEMPERATURE * head.table).softmax(1).detach().numpy()
    for row in range(10):
        np.testing.assert_allclose(sums[row], np.convolve(digit_probs[row], value_probs[row]), rtol=1e-5)


def test_head_adds_every_pair():
    head = worth_what_it_says(heads.ConvolutionHead())
    pairs = list(itertools.product(range(10), range(10)))
    digits, numbers = (torch.tensor(column) for column in zip(*pairs, strict=True))
    logits = head(20 * torch.nn.functional.one_hot(digits, 10).float(), numbers)
    assert logits.argmax(1).tolist() == [digit + number for digit, number in pairs]


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4, 1e30])
def test_head_is_safe_at_any_scale_of_logits(scale):
    torch.manual_seed(0)
    head = heads.ConvolutionHead()
    digit_logits = (scale * torch.randn(8, 10)).requires_grad_()
    sums = torch.randint(0, 10, (8,))
    loss = torch.nn.functional.cross_entropy(head(digit_logits, torch.zeros(8, dtype=torch.long)), sums)
    loss.backward()
    assert digit_logits.grad.isfinite().all() and head.table.grad.isfinite().all()


def test_unseen_numbers_get_no_gradient_and_seen_ones_do():
    head = heads.ConvolutionHead()
    head(torch.randn(4, 10), torch.full((4,), 3))[:, 5].sum().backward()
    assert head.table.grad.abs().sum(1).nonzero().flatten().tolist() == [3]


@pytest.mark.parametrize("name", heads.HEADS)
def test_the_temperature_reaches_the_sum_where_it_is_made_of_probabilities(name):
    network = model.build(backbone={"name": "residual"}, head={"name": name}).eval()
    images, numbers = torch.rand(3, 1, 28, 28), torch.tensor([0, 5, 9])
    cold = network(images, numbers)
    network.temperature.fill_(2)
    warm = network(images, numbers)
    assert torch.equal(warm.digit, cold.digit / 2)
    assert torch.equal(warm.sum, network.head(warm.digit if name == "convolution" else cold.digit, numbers))


def test_one_look_at_the_image_serves_all_numbers():
    network = model.build(backbone={"name": "residual"}, head={"name": "convolution"}).eval()
    images, numbers = torch.rand(3, 1, 28, 28), torch.tensor([0, 5, 9])
    whole = network(images, numbers)
    parts = network.predict(network.features(images), numbers)
    assert torch.equal(whole.digit, parts.digit) and torch.equal(whole.sum, parts.sum)
    assert whole.digit.shape == (3, 10) and whole.sum.shape == (3, 19)


def test_normalisation_is_inside():
    class Probe(torch.nn.Module):
        width = 784

        def forward(self, images):
            return images.flatten(1)

    network = model.Adder(Probe(), heads.ConvolutionHead())
    features = network.features(torch.full((1, 1, 28, 28), model.MNIST_MEAN + model.MNIST_STD))
    torch.testing.assert_close(features, torch.ones(1, 784))


def test_the_network_expects_the_images_that_drawing_makes():
    assert IMAGE_SHAPE == (1, SIDE, SIDE)


def test_device_that_is_not_there():
    with pytest.raises(ValueError, match="not available here; use --device auto"):
        model.choose_device("tpu")
    assert model.choose_device("cpu").type == "cpu"


def test_a_card_that_cannot_be_used_leaves_the_cpu(useless_card, capsys):
    assert model.choose_device("auto").type == "cpu"
    told = capsys.readouterr().err
    assert told.startswith("cuda cannot be used (") and told.count("\n") == 1
    with pytest.raises(ValueError, match=r"device 'cuda' cannot be used \(.+\); use --device cpu"):
        model.choose_device("cuda")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody forks what has threads")
def test_a_forked_child_reads(tmp_path):
    """Though its parent's threads, for which PyTorch would wait, are not in it."""
    script = tmp_path / "fork.py"
    script.write_text(
        "import multiprocessing\n"
        "from adder.reader import Reader\n"
        "seven = [[(20, 10), (80, 10), (40, 90)]]\n"
        "reader = Reader.load(device='cpu')\n"
        "def read(number):\n"
        "    return reader.read_strokes(seven, number).sum\n"
        "reader.read_many([seven] * 64, [5] * 64)\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(pool.map_async(read, range(4)).get(120))\n",
        encoding="utf-8",
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"}
    ended = subprocess.run([sys.executable, script], env=environment, capture_output=True, encoding="utf-8")
    assert ended.stdout == "[7, 8, 9, 10]\n", ended.stderr
