"""demo.py as a command, and the page's Python without a browser."""

import asyncio
import re
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import numpy as np
import pytest

import demo
from adder.drawing.strokes import extent
from adder.network import checkpoint
from adder.page import answers
from adder.page.explain import training_history
from adder.page.server import app
from tests.machine import ROOT
from tests.readers import named, reading


@pytest.mark.parametrize("fault", ["missing", "empty", "blank", "cut short", "of another network"])
def test_weights_that_do_not_serve(fault, weights, tmp_path, restored, capsys):
    path = tmp_path / "some.safetensors"
    content = {"empty": b"", "blank": bytes(100), "cut short": weights.read_bytes()[:-1000]}
    if fault in content:
        path.write_bytes(content[fault])
    elif fault == "of another network":
        tensors, _ = checkpoint.load(ROOT / "weights" / "quick.safetensors")
        checkpoint.save(path, tensors, checkpoint.load(weights)[1])
    assert demo.main(["--weights", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out.count("\n") == 1 and said.err.count("\n") == 1 and str(path) in said.err


def test_a_taken_port_offers_a_free_one(weights, restored, capsys):
    async def code_of(*flags):  # without a running event loop Gradio makes its own, and never closes them
        return demo.main(["--weights", str(weights), "--device", "cpu", *flags])

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert asyncio.run(code_of("--port", str(port))) == 2
    said = capsys.readouterr()
    assert said.out.count("\n") == 1 and said.err.count("\n") == 1 and f"127.0.0.1:{port}" in said.err
    offered = int(re.search(r"--port (\d+)$", said.err.strip())[1])
    with socket.create_server(("127.0.0.1", offered)):
        assert offered != port


def test_mcp_without_its_package_names_the_remedy(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mcp", None)  # as if it were not installed
    assert demo.main(["--mcp"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "pip install" in said.err


@pytest.mark.parametrize("flag", ["--port=0", "--port=70000", "--port=-1", "--port=x", "--port=8.0", "--device=abacus"])
def test_mistyped_flags(flag, capsys):
    with pytest.raises(SystemExit, match="2"):
        demo.parser().parse_args([flag])
    name, _, value = flag.partition("=")
    remedy = f"{value} is not between 1 and 65535" if name == "--port" else ""
    assert f"argument {name}: {remedy}" in capsys.readouterr().err


def listens(*flags):
    args = demo.parser().parse_args(flags)
    return args.host, args.port


def test_a_space_is_served_where_it_listens(monkeypatch):
    for name in ("SPACE_ID", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert listens() == ("127.0.0.1", 7860)
    monkeypatch.setenv("SPACE_ID", "someone/adder")
    assert listens() == ("0.0.0.0", 7860)
    monkeypatch.setenv("GRADIO_SERVER_NAME", "127.0.0.2")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7000")
    assert listens() == ("127.0.0.2", 7000)
    assert listens("--host", "::1", "--port", "1") == listens("--host", "[::1]", "--port", "1") == ("::1", 1)


@pytest.mark.parametrize("host", ["", "fe80::1%eth0", "a" * 64, "a..b"])
def test_a_host_that_is_none(host, capsys):
    with pytest.raises(SystemExit, match="2"):
        demo.parser().parse_args(["--host", host])
    assert "is not an address; give one such as 127.0.0.1 or ::1" in capsys.readouterr().err


def test_a_tilde_is_the_home_folder(monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("ADDER_COLLECT", "~/class")
    args = demo.parser().parse_args(["--weights", "~/my.safetensors"])
    assert (args.weights, args.collect) == (tmp_path / "my.safetensors", tmp_path / "class")
    monkeypatch.setenv("ADDER_COLLECT", "")
    assert demo.parser().parse_args([]).collect is None
    assert demo.parser().parse_args(["--collect=~/other"]).collect == tmp_path / "other"


@pytest.fixture
def built(restored, monkeypatch):
    """demo.py up to where it would listen; the component that holds its page."""

    async def run(flags):
        pages = []
        monkeypatch.setattr(demo, "keep_open", lambda page, args: pages.append(page))
        assert demo.main(flags) == 0
        [pad] = [block for block in pages[0].blocks.values() if isinstance(block, gr.HTML)]
        return pad

    return lambda *flags: asyncio.run(run(list(flags)))


@pytest.mark.parametrize("link", ["to the file", "of the folder", "of the flag"])
def test_weights_through_a_link_keep_the_lessons(built, monkeypatch, tmp_path, link):
    try:
        (tmp_path / "weights").symlink_to(demo.WEIGHTS, target_is_directory=True)
        (tmp_path / "a.safetensors").symlink_to(demo.SHIPPED)
    except OSError:
        pytest.skip("no right to make links")
    if link == "of the folder":
        monkeypatch.setattr(demo, "WEIGHTS", tmp_path / "weights")
        monkeypatch.setattr(demo, "SHIPPED", tmp_path / "weights" / "adder.safetensors")
    elif link == "to the file":
        monkeypatch.setattr(demo, "SHIPPED", tmp_path / "a.safetensors")
    given = {"of the flag": tmp_path / "a.safetensors"}.get(link, demo.SHIPPED)
    pad = built("--device", "cpu", "--weights", str(given))
    assert {"training_steps": True, "other_networks": True, "reliability": True}.items() <= pad.props["lessons"].items()
    rows = pad.compare_pad({"strokes": [[[0, 0], [0, 9000]]], "number": 2})["rows"]
    assert len({row["name"] for row in rows}) == len(rows) == len(list(demo.WEIGHTS.glob("*.safetensors")))


@pytest.mark.usefixtures("useless_card")
def test_a_card_that_cannot_be_used_is_named_once(built, capsys):
    pad = built("--device", "auto")
    assert len(pad.compare_pad({"strokes": [[[0, 0], [0, 9000]]], "number": 2})["rows"]) > 1
    said = capsys.readouterr().err
    assert said.startswith("cuda cannot be used (") and said.count("\n") == 1
    assert demo.main(["--device", "cuda"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("demo.py: device 'cuda' cannot be used (") and said.count("\n") == 1


def test_what_the_page_is_told():
    told = answers.page_json(reading(_7=0.75, _1=0.25))
    assert (told["state"], told["digit"], told["sum"], told["unsure"]) == ("digit", 7, 9, 1)
    assert told["sum_probs"][9] == 0.75 and told["image"] == [128] * 784
    assert answers.page_json(reading(_7=0.85, _1=0.15))["unsure"] is None
    refused = answers.page_json(reading(is_digit=False, _7=0.5, _1=0.5))
    assert (refused["state"], refused["unsure"]) == ("refused", None)


def pad_of(*arguments):
    """The component that holds the page, around readers that answer all the same."""

    async def built():  # without a running event loop Gradio makes its own, and never closes them
        return app.build(*arguments)

    [pad] = [block for block in asyncio.run(built()).blocks.values() if isinstance(block, gr.HTML)]
    return pad


def test_the_others_are_loaded_when_first_asked_and_once():
    loads = []

    def others():
        loads.append(1)
        time.sleep(0.05)
        return [named("b"), named("c")]

    pad = pad_of(named("a"), others)
    asked = {"strokes": [[[0, 0], [9000, 9000]]], "number": 2}
    assert pad.compare_pad(asked | {"strokes": []}) == {"state": "empty"} and loads == []
    with ThreadPoolExecutor() as visitors:
        answers = list(visitors.map(pad.compare_pad, [asked] * 4))
    assert loads == [1] and answers == answers[:1] * 4
    assert [row["name"] for row in answers[0]["rows"]] == ["a", "b", "c"] and answers[0]["number"] == 2


def test_what_the_page_offers():
    alone, compared = pad_of(named("a")), pad_of(named("a", threshold=0.0), list)
    assert not hasattr(alone, "compare_pad") and hasattr(compared, "compare_pad")
    assert [(pad.props["compares"], pad.props["threshold"]) for pad in (alone, compared)] == [(False, 0.5), (True, 0)]
    assert alone.props["lessons"] == {"explanation": False, "training_steps": False}


def test_a_damaged_file_is_left_out(tmp_path, weights, capsys):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(bytes(100))
    [loaded] = demo.load_all([damaged, weights, tmp_path / "missing.safetensors"], "cpu")
    assert loaded.description["recipe"] == "default"
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 2 and str(damaged) in said.err


def test_extent():
    assert extent([np.array([[5, 5]])]) == 0
    assert extent([np.array([[0, 5], [3, 5]]), np.array([[1, 9]])]) == 4


def test_a_dot_is_no_drawing_yet():
    assert answers.is_blank([]) and answers.is_blank([[]]) and answers.is_blank([[[5, 5]], [[200, 5]]])
    assert not answers.is_blank([[[0, 0], [0, 300]]])
    assert answers.is_blank(np.zeros((9, 9), np.uint8)) and not answers.is_blank(np.eye(9, dtype=np.uint8))


def test_lessons_without_their_files_are_left_out_and_named(tmp_path, monkeypatch, capsys):
    assert demo.snapshots_of(tmp_path, "cpu") is None and demo.records_of(tmp_path) == {}
    assert "without the lesson on how it learned" in capsys.readouterr().err
    (tmp_path / "log.csv").write_text("epoch\n1\n", encoding="utf-8")
    assert demo.records_of(tmp_path) == {}
    assert "log.csv" in capsys.readouterr().err
    with monkeypatch.context() as patch:  # they are loaded for who opens the lesson, not at the start
        patch.setattr(training_history, "load", None)
        shipped = demo.snapshots_of(demo.WEIGHTS / "snapshots", "cpu")
    assert shipped and len(shipped()) == 10 and set(demo.records_of(demo.WEIGHTS)) == {"other_networks", "reliability"}
    assert capsys.readouterr().err == ""
