import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from adder import data
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def mnist(data_dir):
    return data.mnist(data_dir, train=True)


def test_mnist_is_the_original(mnist, data_dir):
    assert mnist.images.shape == (60000, 1, 28, 28) and mnist.images.dtype == torch.uint8
    assert mnist.digits.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert len(data.mnist(data_dir, train=False).digits) == 10000


def test_validation_is_fixed_stratified_and_apart(mnist):
    training, validation = data.hold_out(mnist)
    assert (len(training.digits), len(validation.digits)) == (55000, 5000)
    share = validation.digits.bincount() / mnist.digits.bincount()
    assert (share - 1 / 12).abs().max() < 0.0005
    assert validation.images.equal(data.hold_out(mnist)[1].images)
    rows = {image.numpy().tobytes() for image in training.images}
    assert sum(image.numpy().tobytes() in rows for image in validation.images) == 0


def test_batches_pair_every_image_once_with_a_number_and_the_true_sum():
    count = 1000
    split = data.Split((torch.arange(count) % 256).to(torch.uint8).view(-1, 1, 1, 1), torch.arange(count) % 10)
    torch.manual_seed(0)
    epoch = list(data.batches(split, 100))
    assert [len(batch.digits) for batch in epoch] == [100] * 10
    assert torch.cat([batch.digits for batch in epoch]).bincount().tolist() == [100] * 10
    numbers = torch.cat([batch.numbers for batch in epoch])
    np.testing.assert_allclose(numbers.bincount(minlength=10) / count, 0.1, atol=0.03)
    for batch in epoch:
        assert batch.images.dtype == torch.float32 and batch.images.max() <= 1
        assert (batch.numbers + batch.digits).equal(batch.sums)
    second = torch.cat([batch.numbers for batch in data.batches(split, 100)])
    assert not second.equal(numbers), "numbers are drawn anew every epoch"


def test_damaged_file_is_named(data_dir, tmp_path):
    shutil.copytree(data_dir / "MNIST", tmp_path / "MNIST")
    broken = tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    broken.chmod(0o644)
    broken.write_bytes(broken.read_bytes()[:-1])
    with pytest.raises(data.DataError, match=r"t10k-labels-idx1-ubyte is damaged .* delete it and run again"):
        data.mnist(tmp_path, train=False)


def test_no_data_and_no_network_is_one_line(tmp_path):
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    command = [sys.executable, "train.py", "--dry-run", "--device", "cpu", "--data-dir", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, env=os.environ | nowhere, capture_output=True, text=True)
    assert result.returncode == 2
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1 and "--data-dir" in lines[0] and str(tmp_path) in lines[0]
