"""A few people at once on a real server; the limits on latency and memory are bench.load's."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace

import gradio as gr
import pytest

from adder.page.server import app
from adder.reader import blank_reading
from bench import load
from bench.server import free_port, serving
from bench.visitors import Pad, first_points, is_busy, stroke_indices


@pytest.fixture(scope="module")
def server(weights):
    with serving(weights) as running:
        yield running


def test_it_answers_and_stays_small(server, pads, drawings, is_right):
    [pad] = pads(server.port, 1)
    assert is_right(pad.ask(drawings[0], 5))
    assert server.megabytes() < load.max_idle_memory() + 150


def test_eight_people_get_their_own_answers(server, drawings, is_right):
    met = load.measure_human_speed(server, 8, drawings, 4, is_right)
    assert (met.errors, met.busy, met.wrong) == (0, 0, 0) and met.p50 <= met.p95 <= met.p99
    assert met.rate > 0


def test_readings_leave_nothing_behind(server, drawings, is_right):
    load.measure_without_pause(server, 200, drawings, is_right)
    met = load.measure_without_pause(server, 600, drawings, is_right)
    assert (met.errors, met.wrong) == (0, 0) and met.after - met.before < load.MAX_GROWTH


def test_a_swapped_answer_is_noticed(server, pads, drawings, is_right):
    [pad] = pads(server.port, 1)
    answer, other = pad.ask(drawings[0], 5), pad.ask(drawings[1], 5)
    assert is_right(answer) and is_right(other)
    assert not is_right(answer._replace(body=other.body)) and not is_right(answer._replace(number=6))


def test_a_crowd_gets_slower_but_no_error(server, pads, drawings, is_right):
    people = pads(server.port, 2 * app.MAX_PADS)
    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(lambda pad: pad.ask(drawings[0], 5), people))
    assert all(answer.body and (is_busy(answer.body) or is_right(answer)) for answer in answers)
    [late] = pads(server.port, 1)  # a connection that waited longer than the server keeps one is closed by now
    assert is_right(late.ask(drawings[1], 3))


def test_who_comes_when_too_many_wait_is_told_so():
    go = Event()

    def read_all_numbers(drawings, corrections):
        assert go.wait(30)
        return [[*map(blank_reading, range(10))] for _ in drawings]

    async def visit():
        reader = SimpleNamespace(read_all_numbers=read_all_numbers, threshold=0.5, can_explain=False)
        [pad] = [block for block in app.build(reader).blocks.values() if isinstance(block, gr.HTML)]
        asked = {"strokes": [[[0, 0], [9000, 9000]]], "number": 2}
        inside = []
        for room in (1, app.MAX_PADS):  # the first are asked for, the others wait
            inside += [asyncio.create_task(pad.read_pad(asked)) for _ in range(room)]
            for _ in range(10):  # turns of the event loop, in which all get as far as they can
                await asyncio.sleep(0)
        late = await pad.read_pad(asked)
        go.set()
        return late, await asyncio.gather(*inside), await pad.read_pad(asked)

    late, inside, later = asyncio.run(visit())
    assert is_busy(late.body)
    assert all(json.loads(answer.body)["state"] == "refused" for answer in [*inside, later])


def test_lessons_wait_for_readings_and_are_told_busy_first():
    go = Event()

    def explain(pixels):
        assert go.wait(30)
        raise ValueError("not this one")

    async def visit():
        reader = SimpleNamespace(
            read_all_numbers=lambda drawings, corrections: [[*map(blank_reading, range(10))] for _ in drawings],
            read_many=lambda drawings, numbers, corrections: [blank_reading(number) for number in numbers],
            explain=explain,
            threshold=0.5,
            can_explain=True,
        )
        [pad] = [block for block in app.build(reader).blocks.values() if isinstance(block, gr.HTML)]
        asked = {"strokes": [[[0, 0], [9000, 9000]]], "number": 2, "lesson": "explanation"}
        inside = []
        for room in (1, app.MAX_LESSONS):  # the first are asked for, the others wait
            inside += [asyncio.create_task(pad.lesson_pad(asked)) for _ in range(room)]
            for _ in range(10):
                await asyncio.sleep(0)
        late = await pad.lesson_pad(asked)
        reading = await pad.read_pad(asked)  # which does not wait for them
        go.set()
        return late, reading, await asyncio.gather(*inside)

    late, reading, inside = asyncio.run(visit())
    assert is_busy(late.body) and json.loads(reading.body)["state"] == "refused"
    assert [json.loads(answer.body) for answer in inside] == [{"error": "not this one"}] * len(inside)


def test_the_newest_state_is_what_was_drawn_so_far():
    drawing = [[[0, 0], [1, 1], [2, 2]], [[3, 3]]]
    assert [first_points(drawing, points) for points in (1, 3, 4)] == [[[[0, 0]]], drawing[:1], drawing]
    assert stroke_indices(drawing) == [0, 0, 0, 1]


def test_errors_are_counted_and_survived(drawings):
    port = free_port()
    pad = Pad(port, 1)
    assert pad.ask(drawings[0], 5).body is None  # nobody listens
