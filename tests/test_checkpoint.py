import json
import pickle

import pytest
import torch
from safetensors.torch import save_file

from adder.network import checkpoint, model

SPEC = {"backbone": {"name": "residual", "widths": [4, 4, 4]}, "head": {"name": "convolution"}}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "w.safetensors"
    checkpoint.save(path, model.build(**SPEC).state_dict(), {"model": SPEC, "note": "7 + 5"})
    return path


def refused(path) -> str:
    with pytest.raises(checkpoint.CheckpointError) as caught:
        checkpoint.load_model(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    return message


def test_description_comes_back(file):
    network, description = checkpoint.load_model(file)
    assert description == {"model": SPEC, "note": "7 + 5"}
    assert not network.training


def test_missing(tmp_path):
    assert "does not exist" in refused(tmp_path / "none.safetensors")
    assert "does not exist" in refused(tmp_path)


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_truncated(file, kept):
    file.write_bytes(file.read_bytes()[:kept])
    assert "not a whole safetensors file" in refused(file)


def test_pickle_is_not_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    path = tmp_path / "w.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    refused(path)
    torch.save({"bomb": Bomb()}, path)
    refused(path)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("header", [None, {"format": "pt"}, {"format": checkpoint.FORMAT, "description": "{"}])
def test_foreign(tmp_path, header):
    path = tmp_path / "w.safetensors"
    save_file({"x": torch.zeros(2)}, path, header)
    assert "not written by this project" in refused(path)


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"model": None},
        {"model": {"backbone": {"name": "nobody"}, "head": {"name": "convolution"}}},
        {"model": {**SPEC, "backbone": {"name": "residual", "widths": [4, 4, 8]}}},
        {"model": {**SPEC, "backbone": {"name": "residual", "depth": 3}}},
    ],
)
def test_mismatching(tmp_path, description):
    path = tmp_path / "w.safetensors"
    checkpoint.save(path, model.build(**SPEC).state_dict(), description)
    assert "does not fit" in refused(path)


def test_failed_write_leaves_the_old_file(file):
    before = file.read_bytes()
    with pytest.raises(RuntimeError), checkpoint.replacing(file) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_shipped_weights_carry_their_record(weights):
    assert weights.stat().st_size < 5_000_000
    _, description = checkpoint.load(weights)
    assert {"recipe", "model", "command", "commit", "data", "test"} <= set(description)
    assert description["command"].startswith("python train.py")
    assert len(description["commit"]) == 40, "trained at a commit, without uncommitted changes"
    assert description == json.loads(weights.with_name("metrics.json").read_text())
