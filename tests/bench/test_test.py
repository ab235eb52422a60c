"""bench.test: what it prints, and the ledger of its looks."""

import csv

import pytest

from adder.data import splits
from adder.data.images import as_non_digits
from bench import test as bench_test
from tests.machine import ROOT


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """An empty ledger, and a few images instead of the test split, which only the command itself meets."""
    monkeypatch.setattr(bench_test, "LEDGER", tmp_path / "ledger.csv")
    monkeypatch.setattr(bench_test.command, "ROOT", tmp_path)
    return tmp_path / "ledger.csv"


@pytest.fixture
def few(data_dir, monkeypatch):
    validation = splits.load(data_dir, limit=100).validation
    monkeypatch.setattr(bench_test.mnist, "load", lambda folder, train: validation.mnist)
    monkeypatch.setattr(bench_test.splits, "judged", lambda split, images: validation)
    return validation


def run(monkeypatch, *weights):
    monkeypatch.setattr("sys.argv", ["bench.test", *map(str, weights)])
    bench_test.main()


def test_each_look_is_written_down(ledger, few, weights, monkeypatch, capsys):
    run(monkeypatch, weights)
    first = capsys.readouterr().out
    run(monkeypatch, weights, weights.with_name("quick.safetensors"))
    second = capsys.readouterr().out
    lines = list(csv.DictReader(ledger.read_text(encoding="utf-8").splitlines()))
    assert [line["network"] for line in lines] == ["adder.safetensors"] * 2 + ["quick.safetensors"]
    assert lines[0] == lines[1] and len(lines[0]["sha256"]) == 12 and lines[0]["commit"]
    assert float(lines[0]["mnist digit_accuracy"]) >= 98 and 0 <= float(lines[0]["letters refused"]) <= 100
    assert lines[2]["letters refused"] == "" and float(lines[2]["mnist digit_accuracy"]) > 95
    [row] = [line for line in first.splitlines() if line.startswith("| digits of MNIST, right")]
    assert f"{lines[0]['mnist digit_accuracy']}% (" in row and "| 100 |" in row
    [row] = [
        line for line in second.splitlines() if line.startswith("| letters and signs by people of UNIPEN, refused")
    ]
    assert "| - |" in row, "one of the two cannot refuse"


def test_the_measures_are_there(few, weights):
    scores, description = bench_test.measure(weights, few)
    assert all(name in scores[kind] for kind, name in bench_test.ROWS.values())
    assert bench_test.cell("words", "refused", [scores, scores]).endswith("± 0.00 %")
    assert description["recipe"] == "default"


def test_an_empty_kind_has_no_row(few, weights, ledger, monkeypatch, capsys):
    nothing = few._replace(words=as_non_digits(few.words.images[:0]))
    monkeypatch.setattr(bench_test.splits, "judged", lambda split, images: nothing)
    run(monkeypatch, weights)
    assert "| doodles of 24 words it never saw, refused | 0 | - | nan |" in capsys.readouterr().out


def test_the_ledger_in_the_repository_is_whole():
    ledger = ROOT / "docs" / "test_ledger.csv"
    if not ledger.exists():
        pytest.skip("nobody has looked yet")
    for line in bench_test.read(ledger):
        assert line["date"] and len(line["commit"]) == 40, "a commit without changes on top"
