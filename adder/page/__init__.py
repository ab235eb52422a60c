"""The page: one HTML component that holds pad, number and reading, and the endpoint for programs.

The live path is the component's server function: the fastest way that Gradio offers. It passes by the queue, so the
page itself keeps one request in flight and sends the newest state next. Knows the reader's answers, not the network.
"""

import json
import sys
from collections.abc import Callable, Iterable
from functools import cache
from inspect import signature
from pathlib import Path
from threading import Lock
from typing import Any

import gradio as gr
import numpy as np
from anyio import CapacityLimiter, to_thread
from gradio.tunneling import CURRENT_TUNNELS
from starlette.middleware import Middleware
from starlette.responses import JSONResponse

from adder import photo
from adder.page.gate import Gate
from adder.page.payload import (
    MAX_POINTS,
    MAX_STROKES,
    SCALE,
    checked_answer,
    checked_drawing,
    checked_number,
    checked_pad,
    checked_photo,
)
from adder.page.sessions import Sessions

HERE = Path(__file__).parent
TITLE = "Draw a digit, add a number"
UNSURE = 0.2  # from this probability on, the second digit is named too
DOT = 0.03 * SCALE  # a drawing smaller than this is a slip of the pen
MAX_BODY = 2_000_000  # bytes: 512 x 512 pixels of ink as JSON, and some
MAX_WAITING = 64  # requests of programs; beyond, they are told to come again
MAX_SESSIONS = 64  # visitors whose copy of the page's settings Gradio keeps; nothing is lost with one
MAX_THREADS = 8  # at once, for all visitors: what waits costs less than what fights over the cores
DAY = 86_400  # s, after which Gradio's cache is emptied, should anything ever come to lie there
MAX_CROWD = 128  # pages that wait for their reading, each for less than a second
SCRIPTS = [
    f"{name}.js" for name in ("pad", "reading", "share", "picture", "photo", "collect", "compare", "learn", "page")
]  # in the order of their use of each other
SYSTEM_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")


def build(
    reader,
    others: Callable[[], Iterable] | None = None,
    keep: Callable[[list, int | None, dict], bool] | None = None,
) -> gr.Blocks:
    """The page around a `Reader`; `launch` opens it.

    `others` loads the readers that a visitor may compare it with; `keep` stores a drawing with what its visitor says it
    is and what was read, and tells whether there was room.
    """
    loading = Lock()
    decoding = Lock()
    turns = CapacityLimiter(MAX_THREADS)

    @cache
    def everyone() -> list:
        return [reader, *others()]

    async def read_pad(payload: Any) -> JSONResponse:
        """What the pad shows now -> what the page shows next; a payload that no pad sends -> {"error": text}.

        {"busy": true} when too many wait. A response is sent as it is: FastAPI looks through each of a dict's pixels.
        """
        if turns.statistics().tasks_waiting >= MAX_CROWD:
            return JSONResponse({"busy": True})
        return await to_thread.run_sync(read_now, payload, limiter=turns)

    def read_now(payload: Any) -> JSONResponse:
        return JSONResponse(answered(payload, lambda drawing, number: as_live(read_by(reader, drawing, number))))

    def compare_pad(payload: Any) -> dict:
        """What the pad shows now -> a row for each network, the page's own first; errors as in `read_pad`."""
        return answered(payload, compare)

    def explain_pad(payload: Any) -> dict:
        """What the pad shows now -> its reading and which ink spoke for the digit; errors as in `read_pad`."""
        return answered(payload, explain)

    def find_ink(payload: Any) -> dict:
        """A photo -> {"ink": rows of 0..255}, which `read_pad` reads; {"error": text} for what shows no ink."""
        try:
            with decoding:  # one at a time: a photo unpacks to many times its size
                return {"ink": photo.ink_of(checked_photo(payload)).tolist()}
        except ValueError as error:
            return {"error": str(error)}

    def keep_pad(payload: Any) -> dict:
        """A drawing and what it was meant as -> {"kept": true}; {"error": text} when it was not kept."""
        try:
            strokes, label = checked_answer(payload)
            if not keep(strokes, label, as_json(reader.read_strokes(strokes, 0))):
                return {"error": "There is no room for more drawings. Thank you all the same."}
        except ValueError as error:
            return {"error": str(error)}
        except OSError as error:
            print(f"demo.py: a drawing was not kept: {error}", file=sys.stderr)
            return {"error": "It could not be stored, and was not kept."}
        return {"kept": True}

    def explain(drawing: list | np.ndarray, number: int) -> dict:
        reading = read_by(reader, drawing, number)
        if not reading.is_digit:
            return as_live(reading)
        worth = reader.saliency(reading)
        return as_live(reading) | {"saliency": as_greys(worth.clip(0) / max(worth.max(), 1e-6))}

    def compare(drawing: list | np.ndarray, number: int) -> dict:
        with loading:  # visitors who come at once load once
            readers = everyone()
        names = [reader.description.get("recipe", "unnamed") for reader in readers]
        readings = [read_by(reader, drawing, number) for reader in readers]
        return {"number": number, "rows": [{"name": n} | as_json(r) for n, r in zip(names, readings, strict=True)]}

    def read(drawing: list, number: int) -> dict:
        """Read a drawn digit and add a number from 0 to 9 to it.

        `drawing` is a list of strokes `[[[x, y], ...], ...]`, x right, y down, in any unit, at most 64 strokes and
        4,096 points; or an image as rows of integers `[[0, 0, 255, ...], ...]`, 0 paper to 255 ink, at most 512 x 512.
        """
        try:
            checked, number = checked_drawing(drawing), checked_number(number)
            reading = read_by(reader, checked, number)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return as_json(reading)

    examples = json.loads((HERE / "examples.json").read_text())["drawings"]
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(DAY, DAY)) as page:
        gr.HTML(
            html_template=(HERE / "page.html").read_text(),
            head=f"<style>{(HERE / 'page.css').read_text()}</style>",
            js_on_load="\n".join((HERE / name).read_text() for name in SCRIPTS),
            apply_default_css=False,
            server_functions=[read_pad, explain_pad, find_ink]
            + ([compare_pad] if others else [])
            + ([keep_pad] if keep else []),
            compares=others is not None,
            collects=keep is not None,
            photo={"bytes": photo.MAX_BYTES},
            refuses=reader.threshold > 0,
            limits={"scale": SCALE, "strokes": MAX_STROKES, "points": MAX_POINTS},
            examples=examples,
        )
        gr.api(read, api_name="read")
    page.queue(api_open=False, max_size=MAX_WAITING, default_concurrency_limit=4)
    return page


def launch(page: gr.Blocks, *, host: str, port: int, share: bool = False, mcp: bool = False) -> None:
    """Serve the page from a thread and return; `close` ends it. With `mcp`, /read is an MCP tool too.

    OSError when the port is taken.
    """
    page.launch(
        prevent_thread_lock=True,
        server_name=host,
        server_port=port,
        share=share,
        mcp_server=mcp,
        quiet=True,
        ssr_mode=False,  # the page is made in the browser: there is nothing for a server to render
        max_threads=MAX_THREADS,
        max_file_size=MAX_BODY,
        app_kwargs={"middleware": [gate_for(page, mcp)], "openapi_url": None},
        state_session_capacity=MAX_SESSIONS,
        enable_monitoring=False,
        show_error=False,
        strict_cors=True,
        theme=theme(),
        favicon_path=HERE / "icon.svg",
        footer_links=["api"],
        run_history=False,
    )
    page.server.config.timeout_graceful_shutdown = 1  # seconds, for what is being answered when `close` is called


def gate_for(page: gr.Blocks, mcp: bool) -> Middleware:
    """What lets in requests for the page's functions and the named endpoints, and for nothing else."""
    functions = {
        block._id: {function.__name__ for function in block.server_fns}
        for block in page.blocks.values()
        if getattr(block, "server_fns", None)
    }
    programs = {each.api_name: (id, list(signature(each.fn).parameters)) for id, each in page.fns.items()}
    kept = Sessions(page._queue)
    return Middleware(Gate, max_body=MAX_BODY, functions=functions, programs=programs, sessions=kept, mcp=mcp)


def close(page: gr.Blocks) -> None:
    """Stop listening, answer what was asked, end the public link."""
    page.close(verbose=False)
    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()


def theme() -> gr.themes.Base:
    """Ink on paper, one accent, the system's own type; the page's css takes its colours from here."""
    return gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=SYSTEM_FONT).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
    )


def read_by(reader, drawing: list | np.ndarray, number: int):
    """The Reading of strokes or ink."""
    return reader.read(drawing, number) if isinstance(drawing, np.ndarray) else reader.read_strokes(drawing, number)


def answered(payload: Any, answer: Callable[[list | np.ndarray, int], dict]) -> dict:
    """`answer` to what a pad sent, once that is checked; no answer to a blank pad or a dot."""
    try:
        drawing, number = checked_pad(payload)
        blank = not drawing.any() if isinstance(drawing, np.ndarray) else extent(drawing) < DOT
        return {"state": "empty"} if blank else answer(drawing, number)
    except ValueError as error:
        return {"error": str(error)}


def extent(strokes: list) -> float:
    """The longer side of the drawing's bounding box; 0 for a blank."""
    points = np.array([point for stroke in strokes for point in stroke]).reshape(-1, 2)
    return float(np.ptp(points, axis=0).max()) if len(points) else 0.0


def as_json(reading) -> dict:
    return {
        "digit": reading.digit,
        "sum": reading.sum,
        "is_digit": reading.is_digit,
        "digit_score": round(reading.digit_score, 4),
        "digit_probs": [round(float(p), 4) for p in reading.digit_probs],
        "sum_probs": [round(float(p), 4) for p in reading.sum_probs],
    }


def as_live(reading) -> dict:
    """As JSON, with the page's state, the second digit when it is close, and the image as 784 grey values 0..255."""
    second = int(np.argsort(reading.digit_probs)[-2])
    return as_json(reading) | {
        "state": "digit" if reading.is_digit else "refused",
        "unsure": second if reading.is_digit and reading.digit_probs[second] > UNSURE else None,
        "image": as_greys(reading.image),
    }


def as_greys(pixels: np.ndarray) -> list[int]:
    """(28, 28) float32 in [0, 1] -> 784 integers 0..255."""
    return np.rint(np.asarray(pixels) * 255).astype(int).ravel().tolist()
