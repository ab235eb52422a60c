"""MNIST that is absent, damaged or cannot be written."""

import shutil

import pytest

from adder.data import mnist
from train import main

RAW = ("MNIST", "raw")


def test_the_test_images(data_dir):
    test = mnist.load(data_dir, train=False)
    assert test.images.shape == (10000, 1, 28, 28) and test.digits.bincount().tolist()[:3] == [980, 1135, 1032]


def test_offline_it_says_where_the_files_belong(tmp_path, offline, capsys):
    assert main(["--dry-run", "--device", "cpu", "--data-dir", str(tmp_path), "--out", str(tmp_path / "run")]) == 2
    [line] = capsys.readouterr().err.strip().splitlines()[-1:]
    assert (
        line.startswith(f"train.py: MNIST is not in {tmp_path.joinpath(*RAW)}") and "put its four files there" in line
    )


@pytest.mark.parametrize("keep", [0, 20, 5000])
@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_a_damaged_file_is_named(tmp_path, data_dir, name, keep):
    shutil.copytree(data_dir.joinpath(*RAW), tmp_path.joinpath(*RAW))
    damaged = tmp_path.joinpath(*RAW, name)
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:keep])
    with pytest.raises(mnist.DataError, match="delete"):
        mnist.load(tmp_path, train=True)


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(mnist.DataError, match="--data-dir"):
        mnist.load(tmp_path / "data", train=True)
