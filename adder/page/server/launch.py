"""Serves the page behind its gate, and stops."""

import sys
import time
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from inspect import signature
from io import StringIO
from threading import Thread

import gradio as gr
import uvicorn
from gradio import http_server
from gradio.tunneling import CURRENT_TUNNELS
from starlette.middleware import Middleware

from adder.page.server.app import MAX_PROGRAMS, MAX_THREADS
from adder.page.server.connections import bound_headers, raise_file_limit
from adder.page.server.envelope import Program
from adder.page.server.first_paint import first_paint
from adder.page.server.gate import Gate
from adder.page.server.html_head import WEB, Head
from adder.page.server.listening import listen, url
from adder.page.server.sessions import Sessions

MAX_BODY = 2_000_000  # bytes: enough for 512 x 512 pixels of ink as JSON
MAX_STATE_COPIES = 64  # visitors for whom Gradio keeps a copy of the page's state, which the page does not need
SYSTEM_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")


def launch(
    page: gr.Blocks, *, host: str, port: int, share: bool = False, mcp: bool = False, root_path: str = ""
) -> None:
    """Serves the page from a thread, until `close`. With `mcp`, /read is an MCP tool too.

    `root_path`, such as '/digit', is the path at which a proxy shows the page; the proxy removes it from each request.
    OSError when it cannot listen there; `listening.describe_failure` says why and what to do.
    """
    raise_file_limit()
    bound_headers()
    http_server.start_server = serve  # type: ignore[assignment]
    output = StringIO()
    with redirect_stdout(output) if share else nullcontext():
        page.launch(
            prevent_thread_lock=True,
            server_name=host,
            server_port=port,
            share=share,
            mcp_server=mcp,
            root_path=root_path or None,
            quiet=True,
            inline=False,  # not inside a notebook
            ssr_mode=False,  # no server-side rendering: the browser builds the page
            max_threads=MAX_PROGRAMS,  # of Gradio's queue: how many requests run at once; for its threads, see below
            max_file_size=MAX_BODY,
            app_kwargs={
                "middleware": [Middleware(Head, root_path=root_path, first=first_paint()), gate_middleware(page, mcp)],
                "openapi_url": None,
            },
            state_session_capacity=MAX_STATE_COPIES,
            enable_monitoring=False,
            show_error=False,
            strict_cors=True,
            theme=theme(),
            favicon_path=WEB / "icon.svg",
            footer_links=["api"],
            run_history=False,
        )
    page.limiter.total_tokens = MAX_THREADS  # type: ignore[attr-defined]  # None until the launch
    if share and not page.share_url:
        reason = output.getvalue().strip().partition("\n")[0].removeprefix("Could not create share link. ")
        print(
            f"demo.py: --share made no public link: {reason.strip('. ')}; "
            "check the connection, the proxy and the virus scanner, then start again",
            file=sys.stderr,
        )


def serve(app, server_name, server_port, *_, **__) -> tuple[str, int, str, http_server.Server]:
    """Replaces Gradio's function, which knows no IPv6, calls every failure a taken port, and waits at most 5 s."""
    sockets = listen(server_name, server_port)
    grace = 1  # s, to finish responses after `close`
    server = http_server.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=grace))
    failures: list[Exception] = []

    def run() -> None:
        try:
            server.run(sockets)
        except Exception as error:
            failures.append(error)

    server.thread = Thread(target=run, daemon=True)
    server.thread.start()
    while not server.started:
        if not server.thread.is_alive():
            raise failures[0] if failures else OSError("the server stopped at once; start it again")
        time.sleep(0.001)
    return server_name, server_port, url(server_name, server_port), server


def close(page: gr.Blocks) -> None:
    """Stops listening, finishes responses, and ends the public link."""
    page.close(verbose=False)
    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()


def gate_middleware(page: gr.Blocks, mcp: bool) -> Middleware:
    """The gate for the page's functions and named endpoints."""
    functions = {
        block._id: {function.__name__: function for function in block.server_fns}
        for block in page.blocks.values()
        if isinstance(block, gr.HTML) and block.server_fns
    }
    programs = {
        endpoint.api_name: program_of(id, endpoint.fn)
        for id, endpoint in page.fns.items()
        if endpoint.fn and endpoint.api_name
    }
    sessions = Sessions(page._queue)
    return Middleware(Gate, max_body=MAX_BODY, functions=functions, programs=programs, sessions=sessions, mcp=mcp)


def program_of(id: int, function: Callable) -> Program:
    parameters = signature(function).parameters
    optional = sum(parameter.default is not parameter.empty for parameter in parameters.values())
    return Program(id, list(parameters), optional, vars(function).get("check"))


def theme() -> gr.themes.Base:
    """Dark ink on light paper, one accent colour, the system's font. The page's CSS takes its colours from here."""
    return gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=SYSTEM_FONT).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
    )
