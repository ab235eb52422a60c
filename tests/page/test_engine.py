"""The engine in JavaScript reads as Python does: the same image, digit, refusal and sum.

A change of one side alone is seen.
"""

import json
import shutil
import subprocess

import numpy as np
import pytest

from adder import export
from adder.data import pen_data
from adder.data.synthetic import pen_noise
from adder.drawing import curves, raster, strokes
from adder.network.batch_norm_folding import fold_batch_norms
from adder.network.model import build
from adder.page.server.html_head import WEB
from adder.reader import Reader
from tests.machine import ROOT, node

COUNT = 2000
FAULTS = 1 / 1000  # of the drawings may have another digit, refusal or sum


@pytest.fixture(scope="module")
def reader():
    return Reader.load(device="cpu")


@pytest.fixture(scope="module")
def network(reader):
    return export.network_file(reader)


def hatch(rng):
    """Parallel lines in one zigzag, or stroke by stroke."""
    x = np.linspace(0, 1, rng.integers(4, 30))
    ends = np.stack((np.column_stack((x, 0 * x)), np.column_stack((x + rng.uniform(-0.3, 0.3), 0 * x + 1))), 1)
    return [*ends] if rng.random() < 0.5 else [ends.reshape(-1, 2)]


def dots(rng):
    return [rng.random((1, 2)) * rng.integers(0, 2) for _ in range(rng.integers(1, 5))]


def thin(rng):
    line = rng.random((rng.integers(2, 40), 2)) * (rng.choice([0, 1e-3, 0.02]), 1)
    return [line[line[:, 1].argsort()] @ rng.choice([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[1, 1], [-1, 1]]])]


def random_strokes(rng):
    counts = rng.integers(1, rng.choice([5, 20, 300]), rng.integers(1, 8))
    return [rng.random((count, 2)) for count in counts]


KINDS = ("digit", "digit", "letter", "doodle", "huge", "specks")
KINDS += ("few points", "faults", "hatch", "dots", "thin", "random")


def drawings_of_all_kinds(count, rng):
    """`count` drawings, of each kind as many."""
    found = pen_data.drawings(pen_data.VALIDATION)
    doodles = [drawing.strokes for drawing in pen_data.drawings(pen_data.VALIDATION, "quickdraw")]
    digits = [drawing.strokes for drawing in found if drawing.digit != strokes.NO_DIGIT]
    letters = [d.strokes for d in pen_data.drawings(pen_data.VALIDATION, "unipen") if d.digit == strokes.NO_DIGIT]

    def one(kind):
        drawing = {"doodle": doodles, "letter": letters}.get(kind, digits)
        drawing = drawing[rng.integers(len(drawing))]
        match kind:
            case "huge":
                scale = 10 ** rng.uniform(-6, 6)
                return [stroke * scale + rng.uniform(-10, 10) * scale for stroke in drawing]
            case "specks":
                tap = np.concatenate(drawing).mean(0) + rng.normal(0, 200, (rng.integers(1, 3), 1, 2))
                return [*drawing, *tap]
            case "few points":
                return [stroke[:: rng.integers(2, 9)] for stroke in drawing]
            case "faults":
                return pen_noise.spoil(drawing, rng)
            case "hatch":
                return hatch(rng)
            case "dots":
                return dots(rng)
            case "thin":
                return thin(rng)
            case "random":
                return random_strokes(rng)
        return drawing

    return [one(KINDS[index % len(KINDS)]) for index in range(count)]


def in_node(folder, network, drawings, engine=WEB / "engine"):
    """What the engine answers: a row of float32 for each drawing."""
    (folder / "network.bin").write_bytes(network)
    asked = {"drawings": [[stroke.tolist() for stroke in drawing] for drawing in drawings]}
    asked["numbers"] = [index % 10 for index in range(len(drawings))]
    (folder / "drawings.json").write_text(json.dumps(asked), encoding="utf-8")
    script = ROOT / "tests" / "page" / "web" / "read_drawings.js"
    command = [node(), "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", script, engine, folder]
    subprocess.run(command, check=True, timeout=600)
    return np.fromfile(folder / "answers.bin", "<f4").reshape(len(drawings), -1)


def answers(reading):
    return [-1 if value is None else value for value in (reading.digit, reading.sum)]


def in_python(reader, drawings):
    readings = reader.read_many(drawings, [index % 10 for index in range(len(drawings))])
    rows = [
        [*each.image.flat, *each.digit_probs, *each.sum_probs, each.digit_score, each.is_digit, *answers(each)]
        for each in readings
    ]
    return np.array(rows, np.float32)


def complaints(expected, found):
    """In what the engine's answers differ too much from Python's."""
    apart = np.abs(expected - found)
    pixels, probs, decided = np.split(apart, [raster.PIXELS, raster.PIXELS + 30], axis=1)
    measured = {
        "a pixel": (pixels.max() * 255, 2),
        "the mean of a drawing's pixels": (pixels.mean(1).max() * 255, 0.2),
        "a probability": (probs.max(), 0.005),
        "digits, refusals and sums": ((decided > 0).any(1).mean(), FAULTS),
    }
    print({name: float(value) for name, (value, _) in measured.items()})
    return {name: float(value) for name, (value, most) in measured.items() if not value <= most * 1.0001}


def test_the_engine_reads_as_python_does(reader, network, tmp_path, rng):
    drawings = drawings_of_all_kinds(COUNT, rng)
    expected = in_python(reader, drawings)
    assert 0.1 < expected[:, -3].mean() < 0.9 and (expected[:, -2] == -1).any(), "some are refused, some are blank"
    assert complaints(expected, in_node(tmp_path, network, drawings)) == {}


FEW = 72
IN_JAVASCRIPT = {  # a module -> what is there, and what it becomes
    "the width of the pen": ("strokes_image.js", "wide = 2 *", "wide = 2 + 2 *"),
    "the rim of the pen": ("thick_lines.js", "error > 0", "error > 2"),
    "the middle": ("strokes_image.js", "middle - 0.5", "middle - 1.5"),
    "the grey": ("strokes_image.js", "(mean) => Math.floor(mean + 0.5)", "(mean) => (mean > 127) * 255"),
    "where pieces end": ("strokes_image.js", "1 - k / count", "1 - (k + 0.3) / count"),
    "what a speck is": ("strokes_image.js", "if (!isSpeck[i]) return true;", "return true;"),
    "the scale of the image": ("network.js", "/ header.std", "* header.std"),
    "the edge of a map": ("network.js", "Math.max(-reach, -y)", "Math.max(-reach, 1 - y)"),
    "the skip": ("network.js", "+= skipped.values[i]", "+= 0.9 * skipped.values[i]"),
    "the temperature": ("network.js", "logit / header.temperature", "1.05 * logit"),
    "the number": ("network.js", "10 * number + value", "10 * number + 9 - value"),
    "the refusal": ("reader.js", "Math.exp(network", "Math.exp(-network"),
}


@pytest.mark.parametrize("change", IN_JAVASCRIPT)
def test_a_change_in_javascript_alone_is_seen(reader, network, tmp_path, rng, change):
    name, old, new = IN_JAVASCRIPT[change]
    shutil.copytree(WEB, tmp_path / "web")
    module = tmp_path / "web" / "engine" / name
    source = module.read_text(encoding="utf-8")
    assert source.count(old) == 1
    module.write_text(source.replace(old, new), encoding="utf-8")
    drawings = drawings_of_all_kinds(FEW, rng)
    assert complaints(in_python(reader, drawings), in_node(tmp_path, network, drawings, module.parent))


IN_PYTHON = {
    "roundness": (curves, "ROUNDNESS", 4),
    "bends": (curves, "BEND_BONUS", 0),
    "pieces": (curves, "MAX_GAP", 1 / 4),
    "specks": (strokes, "SPECK_DISTANCE", 3),
    "subpixels": (strokes, "SUBPIXEL_BITS", 1),
    "box": (raster, "BOX", 19),
}


@pytest.mark.parametrize("change", IN_PYTHON)
def test_a_change_in_python_alone_is_seen(reader, network, tmp_path, rng, monkeypatch, change):
    drawings = drawings_of_all_kinds(FEW, rng)
    monkeypatch.setattr(*IN_PYTHON[change])
    assert complaints(in_python(reader, drawings), in_node(tmp_path, network, drawings))


def test_other_weights_are_seen(reader, tmp_path, rng):
    drawings = drawings_of_all_kinds(FEW, rng)
    expected = in_python(reader, drawings)
    other = Reader.load(device="cpu")
    other.network.backbone.stage2[1].conv2.bias.data += 0.02
    assert complaints(expected, in_node(tmp_path, export.network_file(other), drawings))


@pytest.mark.parametrize(
    "backbone, head, refuses",
    [
        ({"name": "quick"}, "convolution", True),
        ({"name": "residual"}, "concat", True),
        ({"name": "residual"}, "convolution", False),
        ({"name": "residual", "widths": (16, 32, 90)}, "convolution", True),
    ],
)
def test_what_the_engine_cannot_run_is_not_exported(backbone, head, refuses):
    network = build(backbone=backbone, head={"name": head}, refuses=refuses)
    with pytest.raises(ValueError, match="only a network with"):
        export.network_file(Reader(fold_batch_norms(network.eval())))
