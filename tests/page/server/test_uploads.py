"""Pictures wait for each other, bounded in number, and nothing else waits for them."""

import asyncio
import base64
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from subprocess import PIPE
from threading import Event
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from adder.page.server import app
from adder.pictures.decode import PictureError
from adder.reader import blank_reading
from bench import synthetic_pictures
from tests.servers import SEVEN, Server, Visitor, expect_right_answers

DRAWING = {"strokes": SEVEN, "number": 5}
UPLOADS = 8
SLOW = """
import sys, demo, adder.reader
from adder.page.server import gate

decode, parse_body = adder.reader.decode, gate.parse_body

def slow(content):
    print("decoding", flush=True)
    sys.stdin.read()
    return decode(content)

def noticed(body):
    print("asked", flush=True)
    return parse_body(body)

adder.reader.decode, gate.parse_body = slow, noticed
sys.exit(demo.main(sys.argv[1:]))
"""


@pytest.fixture
def server(weights):
    """demo.py that says who asks, and decodes no picture before its standard input is closed."""
    running = Server(weights, script=SLOW, stdin=PIPE, stdout=PIPE, encoding="utf-8")
    yield running
    running.stop()
    running.process.stdout.close()


def test_eight_slow_uploads_hold_up_nothing_else(server, rng):
    content = synthetic_pictures.encode(
        synthetic_pictures.on_a_board(rng, [np.array(stroke) for stroke in SEVEN]), "png"
    )
    picture = base64.b64encode(content).decode()
    with ExitStack() as stack:
        visitor, *uploading = visitors = [Visitor(server) for _ in range(UPLOADS + 1)]
        for each in visitors:
            stack.enter_context(closing(each.connection))
        pool = stack.enter_context(ThreadPoolExecutor(UPLOADS + 1))
        stack.callback(server.process.stdin.close)
        uploads = [pool.submit(each.live, {"picture": picture}, "find_ink") for each in uploading]
        said = Counter()
        while said["asked\n"] < UPLOADS or not said["decoding\n"]:
            said[server.process.stdout.readline()] += 1
        programs = [f"program-{index}" for index in range(UPLOADS)]
        for session in programs:
            assert visitor.join([f"data:image/png;base64,{picture}", 5], session)[0] == 200

        def asked(function, **more):
            status, answer = visitor.live(DRAWING | more, function)
            assert status == 200
            return json.loads(answer)

        assert asked("lesson_pad", lesson="explanation")["digit"] == 7
        assert asked("saliency_pad")["saliency"] and asked("compare_pad")["rows"]
        correction = asked("correct_pad", label=4)["correction"]
        status, renewed = visitor.live([["0" * 16, *correction[1:]]], "refresh_corrections")
        assert status == 200 and json.loads(renewed)["corrections"] == [correction]
        pool.submit(expect_right_answers, visitor).result(120)  # of the page and of a program
        assert not any(upload.done() for upload in uploads)

        server.process.stdin.close()
        for upload in uploads:
            status, found = upload.result()
            assert status == 200 and json.loads(found)["ink"]
        for session in programs:
            assert visitor.fetch(session)["output"]["data"][0]["sum"] == 12


def test_who_uploads_when_too_many_wait_is_told_so():
    go = Event()

    def read_picture(*_, **__):
        assert go.wait(30)
        raise PictureError("No ink", "no ink")

    def read_many(drawings, numbers, *, corrections):
        return [read_picture() if isinstance(each, bytes) else blank_reading(0) for each in drawings]

    async def turns():
        for _ in range(20):  # of the event loop, in which all get as far as they can
            await asyncio.sleep(0)

    async def visit():
        reader = SimpleNamespace(read_picture=read_picture, read_many=read_many, threshold=0.5, can_explain=False)
        page = app.build(reader)
        [find_ink] = [block.find_ink for block in page.blocks.values() if isinstance(block, gr.HTML)]
        [read] = [each.fn for each in page.fns.values() if each.api_name == "read"]
        programs = [asyncio.create_task(read("data:image/png;base64,AAAA", 5)) for _ in range(2)]
        await turns()
        uploads = [asyncio.create_task(find_ink({"picture": "AAAA"})) for _ in range(app.MAX_PICTURES)]
        await turns()
        programs += [asyncio.create_task(read("data:image/png;base64,AAAA", 5)) for _ in range(app.MAX_PROGRAMS)]
        await turns()
        late = json.loads((await find_ink({"picture": "AAAA"})).body)
        assert late["error"].startswith("Many pictures wait") and "kind" not in late
        refused = [each for each in programs if each.done()]
        assert 0 < len(programs) - len(refused) < app.MAX_PROGRAMS, "there is room for who sends strokes"
        assert all("busy: many pictures wait" in str(each.exception()) for each in refused)
        assert (await read(SEVEN, 5))["digit"] is None
        go.set()
        found = [json.loads(answer.body) for answer in await asyncio.gather(*uploads)]
        assert [each["kind"] for each in found] == ["no ink"] * len(uploads)
        for each in programs:
            with pytest.raises(gr.Error, match="busy" if each in refused else "no ink"):
                await each
        assert json.loads((await find_ink({"picture": "AAAA"})).body)["kind"] == "no ink"

    asyncio.run(visit())
