"""Opens the page to the network behind its gate, and closes it."""

from collections.abc import Callable
from inspect import signature

import gradio as gr
from gradio.tunneling import CURRENT_TUNNELS
from starlette.middleware import Middleware

from adder.page.component import MAX_PROGRAMS, MAX_THREADS
from adder.page.connections import bound_headers, raise_file_limit
from adder.page.first import first_paint
from adder.page.gate import Gate, Program
from adder.page.head import WEB, Head
from adder.page.sessions import Sessions

MAX_BODY = 2_000_000  # bytes: 512 x 512 pixels of ink as JSON, and some
MAX_SESSIONS = 64  # visitors whose copy of the page's settings Gradio keeps; nothing is lost with one
SYSTEM_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")


def launch(
    page: gr.Blocks, *, host: str, port: int, share: bool = False, mcp: bool = False, root_path: str = ""
) -> None:
    """Serve the page from a thread and return; `close` ends it. With `mcp`, /read is an MCP tool too.

    `root_path` is where a proxy shows the page, '/digit' for one, which it takes off each request's path.

    OSError when the port is taken.
    """
    raise_file_limit()
    bound_headers()
    page.launch(
        prevent_thread_lock=True,
        server_name=host,
        server_port=port,
        share=share,
        mcp_server=mcp,
        root_path=root_path or None,
        quiet=True,
        ssr_mode=False,  # the page is made in the browser: there is nothing for a server to render
        max_threads=MAX_PROGRAMS,  # to Gradio, requests that left its queue too, though ours wait without a thread
        max_file_size=MAX_BODY,
        app_kwargs={
            "middleware": [Middleware(Head, root_path=root_path, first=first_paint()), gate_middleware(page, mcp)],
            "openapi_url": None,
        },
        state_session_capacity=MAX_SESSIONS,
        enable_monitoring=False,
        show_error=False,
        strict_cors=True,
        theme=theme(),
        favicon_path=WEB / "icon.svg",
        footer_links=["api"],
        run_history=False,
    )
    page.limiter.total_tokens = MAX_THREADS  # type: ignore[attr-defined]  # None until the launch
    page.server.config.timeout_graceful_shutdown = 1  # seconds, for what is being answered when `close` is called


def close(page: gr.Blocks) -> None:
    """Stop listening, answer what was asked, end the public link."""
    page.close(verbose=False)
    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()


def gate_middleware(page: gr.Blocks, mcp: bool) -> Middleware:
    """What lets in requests for the page's functions and the named endpoints, and for nothing else."""
    functions = {
        block._id: {function.__name__: function for function in block.server_fns}
        for block in page.blocks.values()
        if isinstance(block, gr.HTML) and block.server_fns
    }
    programs = {each.api_name: program(id, each.fn) for id, each in page.fns.items() if each.fn and each.api_name}
    sessions = Sessions(page._queue)
    return Middleware(Gate, max_body=MAX_BODY, functions=functions, programs=programs, sessions=sessions, mcp=mcp)


def program(id: int, function: Callable) -> Program:
    parameters = signature(function).parameters
    optional = sum(each.default is not each.empty for each in parameters.values())
    return Program(id, list(parameters), optional, vars(function).get("check"))


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
