import errno
import json
import os
import pickle
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from adder import files
from adder.network import checkpoint, model
from adder.training import report

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
    assert "not a complete weights file" in refused(file)


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
    assert f"has no {checkpoint.FORMAT} header" in refused(path)


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


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none(file, value):
    before = file.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        checkpoint.save(file, {}, {"loss": value})
    assert file.read_bytes() == before
    tensors, description = checkpoint.load(file)
    tensors["digit.bias"][3] = value
    checkpoint.save(file, tensors, description)
    assert "holds NaN or infinity, in digit.bias; fetch or train it again" in refused(file)


def test_failed_write_leaves_the_old_file(file):
    before = file.read_bytes()
    with pytest.raises(RuntimeError), files.replacing(file) as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise RuntimeError
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.fixture
def held(monkeypatch):
    """Names of files that another program holds open, as on Windows, which then refuses to replace them."""
    names, replace = [], os.replace

    def refuse(source, target):
        if Path(target).name in names:
            raise PermissionError(errno.EACCES, "Access is denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(files, "RETRY_AFTER", (0.001, 0.001))
    return names


def test_weights_that_are_held_open_are_saved_beside(file, held, capsys):
    before = file.read_bytes()
    held.append(file.name)
    checkpoint.save(file, {"x": torch.ones(2)}, {})
    assert file.read_bytes() == before
    [spare] = [path for path in file.parent.iterdir() if path != file]
    assert str(spare) in capsys.readouterr().err and checkpoint.load(spare)[0]["x"].equal(torch.ones(2))


def test_a_file_that_is_soon_let_go_is_replaced(file, held, monkeypatch):
    held.append(file.name)
    monkeypatch.setattr(time, "sleep", lambda _: held.clear())
    checkpoint.save(file, {"x": torch.ones(2)}, {})
    assert checkpoint.load(file)[0]["x"].equal(torch.ones(2))
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_log_that_is_held_open_is_written_later(tmp_path, held, capsys):
    rows = [{"epoch": 1, "validation": {}}]
    report.write_log(tmp_path / "log.csv", rows)
    held.append("log.csv")
    for _ in range(2):
        rows.append({"epoch": len(rows) + 1, "validation": {}})
        with report.unless_in_use():
            report.write_log(tmp_path / "log.csv", rows)
        if held:
            assert "log.csv" in capsys.readouterr().err
        held.clear()
    assert (tmp_path / "log.csv").read_bytes() == b"epoch\r\n1\r\n2\r\n3\r\n" and not capsys.readouterr().err


def test_shipped_weights_carry_their_record(weights):
    assert weights.stat().st_size < 5_000_000
    _, description = checkpoint.load(weights)
    assert {"recipe", "model", "command", "commit", "data", "test"} <= set(description)
    assert description["command"].startswith("python train.py")
    assert len(description["commit"]) == 40, "trained at a commit, without uncommitted changes"
    assert description == json.loads(weights.with_name("metrics.json").read_text(encoding="utf-8"))
