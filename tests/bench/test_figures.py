"""docs/figures.json is what the commands print, and for the test split what the ledger says."""

import json
import sys

import pytest

from bench import figures, test
from bench.command import BenchError


@pytest.fixture
def made(monkeypatch, tmp_path):
    """A function that runs bench.figures with these arguments; returns its status and the file that it writes."""
    monkeypatch.setattr(figures, "FIGURES", tmp_path / "figures.json")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["bench/figures.py", *arguments])
        return figures.main(), json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))

    return run


def test_a_command_that_fails_keeps_its_figures_and_the_others_run(made, monkeypatch, capfd):
    monkeypatch.setitem(figures.COMMANDS, "none", ())
    figures.store("none", {"commit": "before"})
    status, stored = made("none", "reproduction")
    assert status == 1 and stored.pop("python -m bench.none") == {"commit": "before"}
    assert "python -m bench.none ended with 1" in capfd.readouterr().err.splitlines()[-1]
    [record] = stored.values()
    recipes, epochs = record["tables"]
    assert recipes["head"][0] == epochs["head"][0] == "recipe" and record["text"][0].startswith("Last epoch")
    assert {len(row) for row in recipes["rows"]} == {len(recipes["head"])}
    assert ["bottleneck", "78,077"] in [row[:2] for row in recipes["rows"]]
    assert "PyTorch" in record["machine"] and record["date"] and record["seconds"] >= 0


def test_a_row_is_a_line_of_the_file(made):
    rows = [["[a] b", "98.63 ± 0.12 %"], ["", "{}  "]]
    for name in ("one", "two"):
        figures.store(name, {"tables": [{"head": ["", "right"], "rows": rows}], "text": []})
    assert [each["tables"][0]["rows"] for each in figures.load().values()] == [rows, rows]
    assert '["", "right"]' in figures.FIGURES.read_text(encoding="utf-8")


def test_tables_are_read_as_they_are_printed():
    lines = ["One seed.\n", "\n", "| | right |\n", "|---|---|\n", "| a | |\n", "| **all** | 5 % |\n", "\n", "in 3 s\n"]
    tables, text = figures.tables_and_text(lines)
    assert tables == [{"head": ["", "right"], "rows": [["a", ""], ["**all**", "5 %"]]}]
    assert text == ["One seed.", "in 3 s"]


def test_the_figures_of_the_test_split_are_of_three_equal_seeds(tmp_path):
    """Not of other recipes, of other commits or of an earlier look at other weights of the same seed."""
    ledger = tmp_path / "ledger.csv"
    runs = [
        ("--seed 0 --out runs/old", "a", 0.5),
        ("--out runs/0 --snapshots", "b", 0.9961),
        ("--seed 1 --out runs/1", "b", 0.9965),
        ("--seed 2 --recipe quick", "b", 0.1),
        ("--seed=2", "b", 0.9966),
    ]
    weights = [tmp_path / f"{index}.safetensors" for index in range(len(runs))]
    for path, (flags, commit, share) in zip(weights, runs, strict=True):
        path.write_bytes(path.name.encode())
        description = {"command": f"python train.py {flags}", "commit": commit}
        test.append(ledger, path, description, {"mnist": {"digit_accuracy": share}})
    record = test.from_ledger(ledger, weights[1])
    [row] = [row for row in record["tables"][0]["rows"] if row[0] == "digits of MNIST, right"]
    assert row[1:] == ["99.64 ± 0.03 %", "99.61, 99.65, 99.66"]
    assert record["date"] and [line.split()[0] for line in record["networks"]] == [weights[i].name for i in (1, 2, 4)]
    alone = test.from_ledger(ledger, weights[3])["tables"][0]["rows"]
    assert ["digits of MNIST, right", "10.00 %", "10.00"] in alone


def test_weights_that_nobody_tested_have_no_figures(tmp_path, weights):
    with pytest.raises(BenchError, match=r"python -m bench\.test"):
        test.from_ledger(tmp_path / "none.csv", weights)
