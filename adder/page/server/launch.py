"""Opens the page to the network behind its gate, and closes it."""

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
from adder.page.server.first_paint import first_paint
from adder.page.server.gate import Gate, Program
from adder.page.server.head import WEB, Head
from adder.page.server.listening import listen, url
from adder.page.server.sessions import Sessions

MAX_BODY = 2_000_000  # bytes: 512 x 512 pixels of ink as JSON, and some
MAX_SESSIONS = 64  # visitors whose copy of the page's settings Gradio keeps; nothing is lost with one
SYSTEM_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")


def launch(
    page: gr.Blocks, *, host: str, port: int, share: bool = False, mcp: bool = False, root_path: str = ""
) -> None:
    """Serve the page from a thread and return; `close` ends it. With `mcp`, /read is an MCP tool too.

    `root_path` is where a proxy shows the page, '/digit' for one, which it takes off each request's path.

    OSError, as `listening.trouble` explains it, when it cannot listen there.
    """
    raise_file_limit()
    bound_headers()
    http_server.start_server = serve  # type: ignore[assignment]
    said = StringIO()
    with redirect_stdout(said) if share else nullcontext():
        page.launch(
            prevent_thread_lock=True,
            server_name=host,
            server_port=port,
            share=share,
            mcp_server=mcp,
            root_path=root_path or None,
            quiet=True,
            inline=False,  # in a notebook
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
    if share and not page.share_url:
        reason = said.getvalue().strip().partition("\n")[0].removeprefix("Could not create share link. ")
        print(
            f"demo.py: --share made no public link: {reason.strip('. ')}; "
            "check the connection, the proxy and the virus scanner, and start again",
            file=sys.stderr,
        )


def serve(app, server_name, server_port, *_, **__) -> tuple[str, int, str, http_server.Server]:
    """In the place of Gradio's own, which knows no IPv6, takes each failure for a taken port, and waits 5 s at most."""
    sockets = listen(server_name, server_port)
    grace = 1  # seconds, for what is being answered when `close` is called
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
            raise failures[0] if failures else OSError("the server ended as it started")
        time.sleep(0.001)
    return server_name, server_port, url(server_name, server_port), server


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
