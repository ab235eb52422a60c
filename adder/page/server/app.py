"""The page as one HTML component that holds pad, number and reading, and the endpoint for programs.

The live path is the component's server function: the fastest way that Gradio offers. It passes by the queue, so the
page itself keeps one request in flight and sends the newest state next.
"""

import json
import sys
from collections.abc import Callable, Iterable
from functools import cache, partial
from threading import Lock
from typing import Any

import gradio as gr
import numpy as np
from anyio import CapacityLimiter, to_thread
from starlette.responses import JSONResponse

from adder.corrections import Corrections, as_json, corrections_from_json
from adder.page.answers import (
    answer_pad,
    answer_pads,
    answer_picture,
    grey_values,
    page_json,
    read_drawing,
    reading_json,
)
from adder.page.explain.lessons import answer_lessons, lessons
from adder.page.payload import (
    MAX_PICTURE,
    Strokes,
    checked_answer,
    checked_drawing,
    checked_label,
    checked_number,
)
from adder.page.server.batching import MicroBatcher
from adder.page.server.bundle import bundle
from adder.page.server.first_paint import PAD
from adder.page.server.head import TITLE, web_file
from adder.pictures.decode import PictureError

MAX_WAITING = 32  # requests of programs in Gradio's queue; beyond, they are told to come again
MAX_PROGRAMS = 32  # that left the queue; four of them are read at once
MAX_THREADS = 8  # at once, for all visitors: what waits costs less than what fights over the cores
MAX_PICTURES = 8  # that wait for the one that is read, and 16 of programs; beyond, they are told to come again
MAX_LESSONS = 4  # that wait for their answer; beyond, or while CALM readings wait, they are told to come again
CALM = 8
MAX_CROWD = 128  # pages that wait for their reading, each for less than a second
DAY = 86_400  # s, after which Gradio's cache is emptied, should anything ever come to lie there


def build(
    reader,
    load_others: Callable[[], Iterable] | None = None,
    store: Callable[[list, int | None, dict, str], bool] | None = None,
    load_growth: Callable[[], list[tuple[Any, dict]]] | None = None,
    facts: dict | None = None,
) -> gr.Blocks:
    """The page around a `Reader`; `serving.launch` opens it.

    `load_others` loads the readers that a visitor may compare it with; `store` keeps a drawing with what its visitor
    says it is and what was read, and tells whether there was room. `load_growth` loads, for the first who opens the
    lesson on it, a reader for each snapshot of the network's training, and how good it was; none where they are
    damaged. `facts` are what the lessons show of weights/: curves, reliability.
    """
    loading = Lock()
    pictures = CapacityLimiter(1)  # one at a time: a picture unpacks to many times its size
    programs, programs_pictures = CapacityLimiter(4), CapacityLimiter(1)
    pads = MicroBatcher(partial(answer_pads, reader=reader))
    grown = cache(load_growth or list)
    panel = {
        "html": f"<style>{web_file('lessons/lessons.css')}</style>{web_file('lessons/lessons.html')}",
        "script": bundle("lessons/lessons.js", call="return openLessons(panel, page);"),
    }
    taught = MicroBatcher(partial(answer_lessons, taught=lessons(reader, grown, facts or {}, panel)))

    @cache
    def all_readers() -> list:
        return [reader, *(load_others() if load_others else ())]

    async def read_pad(payload: Any) -> JSONResponse:
        """What the pad shows now -> what the page shows next; a payload that no pad sends -> {"error": text}.

        {"busy": true} when too many wait. Being awaited, it is asked by the gate, which sends the response as it is.
        """
        if len(pads.waiting) >= MAX_CROWD:
            return JSONResponse({"busy": True})
        return JSONResponse(await pads.ask(payload))

    def correct_pad(payload: Any) -> dict:
        """The pad's drawing and its label, null for no digit -> {"correction": ...}, which the page keeps."""

        def correct(drawing: Strokes | np.ndarray, _: int) -> dict:
            return {"correction": as_json(Corrections(reader).add(drawing, checked_label(payload)))}

        return answer_pad(payload, correct)

    def refresh_corrections(payload: Any) -> dict:
        """Corrections with their images, made with any weights -> {"corrections": the same for these weights}."""
        try:
            return {"corrections": [as_json(each) for each in Corrections.from_json(reader, payload).kept]}
        except ValueError as error:
            return {"error": str(error)}

    def compare_pad(payload: Any) -> dict:
        """What the pad shows now -> a row for each network, the page's own first; errors as in `read_pad`."""
        return answer_pad(payload, compare)

    async def lesson_pad(payload: Any) -> JSONResponse:
        """What a lesson asks -> what it shows; errors and crowds as in `read_pad`, but readings go first.

        One thread for all of them, so that they never hold more than that back from the readings.
        """
        if len(pads.waiting) >= CALM or len(taught.waiting) >= MAX_LESSONS:
            return JSONResponse({"busy": True})
        return JSONResponse(await taught.ask(payload))

    def explain_pad(payload: Any) -> dict:
        """What the pad shows now -> its reading and which ink spoke for the digit; errors as in `read_pad`."""
        return answer_pad(payload, explain)

    async def find_ink(payload: Any) -> JSONResponse:
        """A picture, and the frame to look in if one was drawn -> {"ink": rows of 0..255, "frame": [...]}.

        `read_pad` reads the ink. Errors as `answer_picture` has them, and when too many wait.
        """
        if pictures.statistics().tasks_waiting >= MAX_PICTURES:
            return JSONResponse({"error": "Many pictures wait to be read. Try again in a moment."})
        return JSONResponse(await to_thread.run_sync(answer_picture, payload, reader, limiter=pictures))

    def store_pad(payload: Any) -> dict:
        """A drawing and what it was meant as -> {"kept": true}; {"error": text} when it was not kept."""
        assert store
        try:
            strokes, label, id = checked_answer(payload)
            if not store(strokes, label, reading_json(reader.read_strokes(strokes, 0)), id):
                return {"error": "There is no room for more drawings. Thank you all the same."}
        except ValueError as error:
            return {"error": str(error)}
        except OSError as error:
            print(f"demo.py: a drawing was not kept: {error}", file=sys.stderr)
            return {"error": "It could not be stored, and was not kept."}
        return {"kept": True}

    def explain(drawing: Strokes | np.ndarray, number: int) -> dict:
        reading = read_drawing(reader, drawing, number)
        if not reading.is_digit:
            return page_json(reading)
        worth = reader.saliency(reading)
        return page_json(reading) | {"saliency": grey_values(worth.clip(0) / max(worth.max(), 1e-6))}

    def compare(drawing: Strokes | np.ndarray, number: int) -> dict:
        with loading:  # visitors who come at once load once
            readers = all_readers()
        rows = [
            {"name": each.description.get("recipe", "unnamed"), "right": tested(each.description)}
            | reading_json(read_drawing(each, drawing, number))
            for each in readers
        ]
        return {"number": number, "rows": rows}

    def check_read(drawing: Any, number: Any, corrections: Any = None, lessons: Any = None) -> None:
        """ValueError for corrections that these weights cannot use; `read` itself checks the rest."""
        sent = lessons if corrections is None else corrections
        for each in corrections_from_json([] if sent is None else sent):
            if each.image is None and (each.weights, len(each.feature)) != (reader.weights, reader.width):
                raise ValueError("corrections: made with other weights, and without the images to make them again")

    def answer_program(drawing: Any, number: Any, sent: Any) -> dict:
        try:
            checked, number = checked_drawing(drawing), checked_number(number)
            corrections = None if sent is None else Corrections.from_json(reader, sent)
            return reading_json(read_drawing(reader, checked, number, corrections))
        except PictureError as error:
            frames = f" {[[round(side, 4) for side in frame] for frame in error.frames]}" if error.frames else ""
            raise gr.Error(f"{error.kind}: {error}{frames}", print_exception=False) from error
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error

    async def read(
        drawing: list | str, number: int, corrections: list | None = None, lessons: list | None = None
    ) -> dict:
        """Read a drawn digit and add a number from 0 to 9 to it.

        `drawing` is a list of strokes `[[[x, y], ...], ...]`, x right, y down, in any unit, at most 64 strokes and
        4,096 points; or an image as rows of integers `[[0, 0, 255, ...], ...]`, 0 paper to 255 ink, at most 512 x 512;
        or a picture, `"data:image/jpeg;base64,..."`, JPEG, PNG, WebP, GIF or BMP of at most 1.4 MB. `corrections`
        are at most 32, as `adder.corrections.as_json` makes them; null or left out for none. `lessons` is their
        earlier name and goes with version 1.2.
        """
        sent = lessons if corrections is None else corrections
        if not isinstance(drawing, str):
            return await to_thread.run_sync(answer_program, drawing, number, sent, limiter=programs)
        if programs_pictures.statistics().tasks_waiting >= 2 * MAX_PICTURES:
            raise gr.Error("busy: many pictures wait to be read; try again", print_exception=False)
        async with programs_pictures:  # a visitor's picture waits for one of theirs, not for all
            return await to_thread.run_sync(answer_program, drawing, number, sent, limiter=pictures)

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(DAY, DAY)) as page:
        gr.HTML(
            html_template=web_file("page.html"),
            head=f"<style>{web_file('page.css')}</style>",
            js_on_load=bundle("page.js", call="openPage(element, props, server);"),
            apply_default_css=False,
            server_functions=[read_pad, explain_pad, lesson_pad, find_ink, correct_pad, refresh_corrections]
            + ([compare_pad] if load_others else [])
            + ([store_pad] if store else []),
            compares=load_others is not None,
            collects=store is not None,
            lessons={"think": reader.can_explain, "grow": load_growth is not None, **dict.fromkeys(facts or {}, True)},
            picture={"bytes": MAX_PICTURE},
            threshold=reader.threshold,
            pad=PAD,
            examples=json.loads(web_file("examples.json"))["drawings"],
        )
        vars(read)["check"] = check_read  # what the gate asks before it lets a program in
        gr.api(read, api_name="read")
    page.queue(api_open=False, max_size=MAX_WAITING, default_concurrency_limit=None)
    return page


def tested(description: dict) -> list[float]:
    """How often digit and sum were right on the test set, by the weights' own record; empty where it does not say."""
    test = description.get("test", {})
    return [test[name] for name in ("digit_accuracy", "sum_accuracy") if name in test]
