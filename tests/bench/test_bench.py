"""The tables of docs/results.md are what the commands print from the shipped records."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from adder.data import splits
from adder.drawing import collection, image_csv
from adder.drawing.strokes import Drawing, as_strokes, draw
from adder.reader import Reader
from bench import drawn, gpu, pictures, reliability, reproduction, seeds
from bench.command import BenchError
from bench.drawings import page_examples, spoilt_digits, validation_digits
from tests.machine import ROOT


@pytest.mark.parametrize("command", (reproduction, seeds))
def test_the_readme_shows_what_the_records_say(command, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench"])
    command.main()
    first = capsys.readouterr().out.partition("\nLast epoch")[0]  # below it, reproduction compares epoch by epoch
    rows = [line for line in first.splitlines() if line.startswith("|")]
    assert len(rows) > 5 and set(rows) <= set((ROOT / "docs/results.md").read_text(encoding="utf-8").splitlines())


def test_a_folder_of_drawings_gives_a_row_for_each_file(tmp_path, monkeypatch, capsys):
    examples = page_examples()
    for name, shift in (("as-meant", 0), ("otherwise", 1)):
        labels = [(example["digit"] + shift) % 10 for example in examples]
        lines = [
            json.dumps({"strokes": e["strokes"], "label": label}) for e, label in zip(examples, labels, strict=True)
        ]
        (tmp_path / f"{name}.JSONL").write_text("\ufeff" + "\n\n".join(lines), encoding="utf-8")
        (tmp_path / f"._{name}.JSONL").write_bytes(b"\0\5\x16\7")  # a Mac leaves such a file beside it
    monkeypatch.setattr("sys.argv", ["bench", "--strokes", str(tmp_path), "--reference", str(tmp_path / "none")])
    drawn.main()
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert [(row[0], row[1].split("%")[0]) for row in rows[2:]] == [
        ("| as-meant", "100.00"),
        ("| otherwise", "0.00"),
        ("| mean", "50.00"),
        ("| lowest", "0.00"),
    ]


def test_your_own_digits_are_measured(tmp_path, monkeypatch, capsys):
    """As pictures in folders by label, as a table, and as lines that another program wrote."""
    examples = [Drawing(e["digit"], 0, as_strokes(e["strokes"])) for e in page_examples()]
    image_csv.write(tmp_path / "digits.csv", examples)
    for folder, example in (("7", 7), ("none", 8)):
        (tmp_path / "my" / folder).mkdir(parents=True)
        [strokes] = (each.strokes for each in examples if each.digit == example)
        picture = draw(strokes, canvas=200, size=120, brush=12)
        Image.fromarray(255 - picture).save(tmp_path / "my" / folder / "a.png")
    lines = [json.dumps({"strokes": [s.tolist() for s in e.strokes], "label": e.digit}) for e in examples]
    (tmp_path / "lines.JSONL").write_text("\ufeff" + "\r\n\r\n".join(lines), encoding="utf-8", newline="")
    right = {"digits.csv": "100.00%", "my": "50.00%", "lines.JSONL": "100.00%"}
    for source, share in right.items():
        monkeypatch.setattr("sys.argv", ["bench.pictures", str(tmp_path / source)])
        pictures.main()
        rows = [row.split(" | ") for row in capsys.readouterr().out.splitlines()]
        assert [row[0] for row in rows[2:-1]] == sorted(row[0] for row in rows[2:-1])
        assert rows[-1][0] == "| **all**" and rows[-1][1].startswith(share), source
    monkeypatch.setattr("sys.argv", ["bench.pictures", str(tmp_path / "none")])
    with pytest.raises(SystemExit):
        pictures.main()
    assert "No such file" in capsys.readouterr().err


def test_a_folder_without_drawings_is_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench", "--strokes", str(tmp_path)])
    with pytest.raises(SystemExit):
        drawn.main()
    assert "holds no" in capsys.readouterr().err


def test_a_sheet_of_drawings_begins_with_the_misread_ones(tmp_path, monkeypatch, capsys):
    for label in (7, 2, 4, 8, 5):
        [strokes] = (each["strokes"] for each in page_examples() if each["digit"] == label)
        collection.append(tmp_path, strokes, 3 if label == 8 else label, {})
    file, sheet = tmp_path / collection.FILE_NAME, tmp_path / "sheet.png"
    monkeypatch.setattr("sys.argv", ["bench.drawn", "--strokes", str(file), "--sheet", str(sheet)])
    drawn.main()
    pixels = np.array(Image.open(sheet).convert("RGB")).astype(int)
    is_red = (pixels[..., 0] > 200) & (pixels[..., 1:].max(2) < 100)
    columns = np.nonzero(is_red.any(0))[0]
    assert len(columns) and columns.max() < pixels.shape[1] / 12, "the one that was misread is the first of twelve"
    monkeypatch.setattr("sys.argv", ["bench.drawn", "--sheet", str(sheet)])
    with pytest.raises(SystemExit):
        drawn.main()
    assert "--strokes" in capsys.readouterr().err


def test_spoilt_digits_are_other_strokes_of_the_same_digits():
    plain = {tuple(map(len, drawing.strokes)): drawing for drawing in validation_digits()}
    kinds = spoilt_digits(12)
    assert len(kinds) > 10
    for name, drawings in kinds.items():
        assert 10 <= len(drawings) <= 12 and all(drawing.digit >= 0 for drawing in drawings), name
        unchanged = [
            drawing
            for drawing in drawings
            if (same := plain.get(tuple(map(len, drawing.strokes))))
            and all(map(np.array_equal, same.strokes, drawing.strokes))
        ]
        assert len(unchanged) <= 3, f"{name}: few have nothing to spoil"
    again = spoilt_digits(12)["wander"]
    assert all(map(np.array_equal, again[0].strokes, kinds["wander"][0].strokes)), "the same for every run"


def test_reliability_counts_each_drawing_once(weights):
    drawings = [SimpleNamespace(strokes=each["strokes"], digit=each["digit"]) for each in page_examples()]
    drawings[0].digit = (drawings[0].digit + 1) % 10  # read, with confidence, as something else
    rows = reliability.reliability(Reader.load(weights, "cpu"), drawings)
    assert sum(count for count, *_ in rows) == len(drawings)
    count, confidence, right = rows[-1]
    assert confidence > 0.99 and right == round((count - 1) / count, 4)


def test_the_copied_folder_holds_all_that_training_reads(data_dir, tmp_path, monkeypatch, capsys, offline):
    monkeypatch.setattr("sys.argv", ["bench.gpu", "--data-dir", str(data_dir), "--pack", str(tmp_path / "data")])
    gpu.main()
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 60e6
    here, there = (splits.load(folder, limit=300) for folder in (data_dir, tmp_path / "data"))  # which opens each file
    assert here.counts() == there.counts()
    assert torch.equal(here.training.fixed.images, there.training.fixed.images)


def test_a_recipe_is_trained_and_reads_as_on_a_gpu(data_dir, monkeypatch):
    """The whole column except the costs of a step, which need CUDA."""
    monkeypatch.setattr(
        gpu, "step_costs", lambda run, images: dict.fromkeys(("seconds", "kernels", "launches", "waits"), 1)
    )
    monkeypatch.setattr(gpu, "READINGS", 40)
    column = gpu.measure("quick", data_dir, 1, 0, torch.device("cpu"))
    assert float(column["MNIST, validation: digit; sum"].split("%")[0]) > 98
    assert column["the whole run"].startswith("1 epochs")
    assert column["to 99.0% on both outputs, validation"].endswith("(epoch 1)")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_without_a_cuda_device_one_line_says_so(monkeypatch):
    monkeypatch.setattr("sys.argv", ["bench.gpu"])
    with pytest.raises(BenchError, match="no CUDA device is here"):
        gpu.main()
