"""The page as a Gradio app: one HTML component, its server functions, and the endpoint /read for programs.

While the pen moves, the page sends one request at a time to `read_pad`. The gate answers these without Gradio's queue.
The reader reads up to 64 waiting drawings in one batch.
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
from adder.page.explain.lessons import answer_lessons, lessons_by_name
from adder.page.payload import (
    MAX_PICTURE,
    StrokesJson,
    checked_answer,
    checked_drawing,
    checked_label,
    checked_number,
)
from adder.page.server.batching import MicroBatcher
from adder.page.server.bundle import bundle
from adder.page.server.first_paint import PAD
from adder.page.server.html_head import TITLE, web_file
from adder.pictures.decode import PictureError

# Limits on the work that waits or runs; SECURITY.md says how each refusal looks.
MAX_PADS = 128  # drawings that may wait to be read; at this limit each waits for less than a second
MAX_LESSONS = 4  # lessons that wait for their answers
MAX_PADS_WITH_LESSONS = 8  # when this many drawings wait, lessons are refused
MAX_PICTURES = 8  # visitors' pictures that wait; twice as many may wait from programs
MAX_WAITING = 32  # requests of programs in Gradio's queue
MAX_PROGRAMS = 32  # requests of programs that are running
PROGRAM_THREADS = 4  # drawings of programs that are read at the same time
MAX_THREADS = 8  # for the functions that Gradio calls itself: more threads would only compete for the cores
CACHE_SECONDS = 86_400  # Gradio deletes older files from its cache, which the page does not use


def build(
    reader,
    load_others: Callable[[], Iterable] | None = None,
    store: Callable[[list, int | None, dict, str], bool] | None = None,
    load_snapshots: Callable[[], list[tuple[Any, dict]]] | None = None,
    records: dict | None = None,
) -> gr.Blocks:
    """The page for a `Reader`; `launch.launch` serves it.

    `load_others` loads the readers that it can be compared with. `store` keeps (strokes, label, reading, id) of a
    visitor's drawing, and returns False when there is no room. `load_snapshots` returns what `training_history.load`
    does; it is called when the first visitor opens that lesson. `records` are the curves and the reliability that
    lessons show.
    """
    loading = Lock()
    pictures = CapacityLimiter(1)  # one at a time: a decoded picture is many times larger than its file
    programs, program_pictures = CapacityLimiter(PROGRAM_THREADS), CapacityLimiter(1)
    pads = MicroBatcher(partial(answer_pads, reader=reader))
    panel = {
        "html": f"<style>{web_file('lessons/lessons.css')}</style>{web_file('lessons/lessons.html')}",
        "script": bundle("lessons/lessons.js", call="return openLessons(panel, page);"),
    }
    by_name = lessons_by_name(reader, cache(load_snapshots or list), records or {}, panel)
    lesson_answers = MicroBatcher(partial(answer_lessons, by_name=by_name))

    @cache
    def all_readers() -> list:
        return [reader, *(load_others() if load_others else ())]

    async def read_pad(payload: Any) -> JSONResponse:
        """What the pad shows -> its reading. {"error": text} for a malformed payload, {"busy": true} when overloaded.

        It is async, so the gate calls it, and sends its response as it is.
        """
        if len(pads.waiting) >= MAX_PADS:
            return JSONResponse({"busy": True})
        return JSONResponse(await pads.ask(payload))

    def correct_pad(payload: Any) -> dict:
        """The pad's drawing and its label, null for no digit -> {"correction": ...}, which the page keeps."""

        def correct(drawing: StrokesJson | np.ndarray, _: int) -> dict:
            return {"correction": as_json(Corrections(reader).add(drawing, checked_label(payload)))}

        return answer_pad(payload, correct)

    def refresh_corrections(payload: Any) -> dict:
        """Corrections with images, made with any weights -> {"corrections": the same, made with these weights}."""
        try:
            kept = Corrections.from_json(reader, payload).kept
            return {"corrections": [as_json(correction) for correction in kept]}
        except ValueError as error:
            return {"error": str(error)}

    def compare_pad(payload: Any) -> dict:
        """What the pad shows -> a row for each network, the page's own first; errors as in `read_pad`."""
        return answer_pad(payload, compare)

    async def lesson_pad(payload: Any) -> JSONResponse:
        """What a lesson asks -> what it shows; errors as in `read_pad`.

        All lessons share one thread, so that they hold up the readings as little as possible.
        """
        if len(pads.waiting) >= MAX_PADS_WITH_LESSONS or len(lesson_answers.waiting) >= MAX_LESSONS:
            return JSONResponse({"busy": True})
        return JSONResponse(await lesson_answers.ask(payload))

    def saliency_pad(payload: Any) -> dict:
        """What the pad shows -> its reading, and how much each pixel adds to the digit; errors as in `read_pad`."""
        return answer_pad(payload, read_with_saliency)

    async def find_ink(payload: Any) -> JSONResponse:
        """A picture, and maybe a frame to look in -> {"ink": rows of 0..255, "frame": [...]}, which `read_pad` reads.

        Errors as in `answer_picture`, and one when too many pictures wait.
        """
        if pictures.statistics().tasks_waiting >= MAX_PICTURES:
            return JSONResponse({"error": "Many pictures wait to be read. Try again in a moment."})
        return JSONResponse(await to_thread.run_sync(answer_picture, payload, reader, limiter=pictures))

    def store_pad(payload: Any) -> dict:
        """A drawing and its label -> {"kept": true}, or {"error": text} when it was not kept."""
        assert store
        try:
            strokes, label, id = checked_answer(payload)
            if not store(strokes, label, reading_json(reader.read_strokes(strokes, 0)), id):
                return {"error": "There is no room for more drawings. Thank you all the same."}
        except ValueError as error:
            return {"error": str(error)}
        except OSError as error:
            print(f"demo.py: a drawing was not kept: {error}", file=sys.stderr)
            return {"error": "The drawing could not be stored. Try again later."}
        return {"kept": True}

    def read_with_saliency(drawing: StrokesJson | np.ndarray, number: int) -> dict:
        reading = read_drawing(reader, drawing, number)
        if not reading.is_digit:
            return page_json(reading)
        saliency = reader.saliency(reading)
        return page_json(reading) | {"saliency": grey_values(saliency.clip(0) / max(saliency.max(), 1e-6))}

    def compare(drawing: StrokesJson | np.ndarray, number: int) -> dict:
        with loading:  # if several visitors ask, only the first one loads
            readers = all_readers()
        rows = [
            {"name": other.description.get("recipe", "unnamed"), "right": recorded_accuracies(other.description)}
            | reading_json(read_drawing(other, drawing, number))
            for other in readers
        ]
        return {"number": number, "rows": rows}

    def check_read(drawing: Any, number: Any, corrections: Any = None, lessons: Any = None) -> None:
        """ValueError for corrections that these weights cannot use; `read` itself checks the rest."""
        sent = lessons if corrections is None else corrections
        for correction in corrections_from_json([] if sent is None else sent):
            fits = (correction.weights, len(correction.feature)) == (reader.weights, reader.width)
            if correction.image is None and not fits:
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
        4,096 points; or ink as rows of integers `[[0, 0, 255, ...], ...]`, 0 paper to 255 ink, at most 512 x 512;
        or a picture, `"data:image/jpeg;base64,..."`, JPEG, PNG, WebP, GIF or BMP of at most 1.4 MB. `corrections`,
        which may be left out, is a list of at most 32, as `adder.corrections.as_json` makes them. `lessons` is its
        earlier name, until version 1.2.
        """
        sent = lessons if corrections is None else corrections
        if not isinstance(drawing, str):
            return await to_thread.run_sync(answer_program, drawing, number, sent, limiter=programs)
        if program_pictures.statistics().tasks_waiting >= 2 * MAX_PICTURES:
            raise gr.Error("busy: many pictures wait to be read; try again", print_exception=False)
        async with program_pictures:  # so that a visitor's picture waits for at most one picture of a program
            return await to_thread.run_sync(answer_program, drawing, number, sent, limiter=pictures)

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(CACHE_SECONDS,) * 2) as page:
        gr.HTML(
            html_template=web_file("page.html"),
            head=f"<style>{web_file('page.css')}</style>",
            js_on_load=bundle("page.js", call="openPage(element, props, server);"),
            apply_default_css=False,
            server_functions=[read_pad, saliency_pad, lesson_pad, find_ink, correct_pad, refresh_corrections]
            + ([compare_pad] if load_others else [])
            + ([store_pad] if store else []),
            compares=load_others is not None,
            collects=store is not None,
            lessons={"explanation": reader.can_explain, "training_steps": load_snapshots is not None}
            | dict.fromkeys(records or {}, True),
            picture={"bytes": MAX_PICTURE},
            threshold=reader.threshold,
            pad=PAD,
            examples=json.loads(web_file("examples.json"))["drawings"],
        )
        vars(read)["check"] = check_read  # the gate calls it before it admits a request
        gr.api(read, api_name="read")
    page.queue(api_open=False, max_size=MAX_WAITING, default_concurrency_limit=None)
    return page


def recorded_accuracies(description: dict) -> list[float]:
    """The accuracy of digit and sum on MNIST's validation images, as the weights file says; [] if it does not say."""
    scores = description.get("validation", {}).get("mnist", {})
    return [scores[name] for name in ("digit_accuracy", "sum_accuracy") if name in scores]
