"""Networks on their way: loaded in order, with a table that goes from even to a diagonal; what is damaged is named."""

import shutil

import numpy as np
import pytest

from adder.page.explain import training_history
from adder.reader import Reader
from tests.machine import ROOT

FOLDER = ROOT / "weights" / "snapshots"


def test_the_table_goes_from_even_to_a_diagonal():
    told = [milestone for _, milestone in training_history.load(FOLDER, Reader.load)]
    assert [each["step"] for each in told] == sorted(int(path.stem) for path in FOLDER.glob("*.safetensors"))
    first, last = (np.array(told[index]["table"]) for index in (0, -1))
    assert np.allclose(first, 0.1) and (last.diagonal() > 0.99).all()
    assert told[0]["sum_accuracy"] < 0.2 < 0.99 < told[-1]["sum_accuracy"]


def test_a_damaged_or_absent_snapshot_is_named(tmp_path):
    with pytest.raises(ValueError, match="holds no snapshots"):
        training_history.load(tmp_path, Reader.load)
    shutil.copy(FOLDER / "000000.safetensors", tmp_path)
    (tmp_path / "000020.safetensors").write_bytes((FOLDER / "000020.safetensors").read_bytes()[:-1000])
    with pytest.raises(ValueError, match="000020"):
        training_history.load(tmp_path, Reader.load)


def test_the_curves_are_those_of_the_logs(tmp_path):
    found = training_history.curves(ROOT / "weights")
    assert [each["name"] for each in found] == ["this page", *list(training_history.ADDS_BY)[1:]]
    assert all(len(each["digit"]) == len(each["sum"]) > 5 and max(each["sum"]) <= 1 for each in found)
    assert [each["name"] for each in found if each["sum"][-1] < 0.9 < each["digit"][-1]] == ["wide-linear"]
    assert training_history.curves(tmp_path) == []
    (tmp_path / "log.csv").write_text("epoch,mnist_digit_accuracy\n1,0.9\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"log\.csv"):
        training_history.curves(tmp_path)


def test_a_network_without_the_table_is_no_snapshot(tmp_path):
    shutil.copy(ROOT / "weights" / "bottleneck.safetensors", tmp_path)
    with pytest.raises(ValueError, match=r"bottleneck\.safetensors is not a snapshot: .*another head"):
        training_history.load(tmp_path, Reader.load)
