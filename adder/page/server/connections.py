"""How many connections uvicorn may hold, and how long one may take to send its headers."""

import asyncio
import sys
from contextlib import suppress

from starlette.types import ASGIApp
from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from adder.page.server.html_head import with_headers

HEADER_TIMEOUT = 10.0  # s; uvicorn itself would wait for ever


def raise_file_limit() -> None:
    """Lets this process open as many files, and so connections, as the system allows. Windows has no such limit."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for limit in (hard, max(soft, 10_240)):  # macOS says 'unlimited' but allows at most 10,240
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                return


def bound_headers() -> None:
    """Servers that uvicorn starts from now on close a connection when its headers take longer than HEADER_TIMEOUT."""
    HTTP_PROTOCOLS["auto"] = f"{__name__}:HeaderTimeoutProtocol"


class HeaderTimeoutProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # uvicorn chooses its base when imported
    """uvicorn's protocol (httptools if installed, else h11) with a timeout; every response has the page's headers."""

    app: ASGIApp
    deadline: asyncio.TimerHandle | None = None

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.app = with_headers(self.app)

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self.deadline = self.loop.call_later(HEADER_TIMEOUT, transport.close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cancel_deadline()
        elif self.deadline is None:
            self.deadline = self.loop.call_later(HEADER_TIMEOUT, self.transport.close)

    def connection_lost(self, exc) -> None:
        self.cancel_deadline()
        super().connection_lost(exc)

    def cancel_deadline(self) -> None:
        if self.deadline:
            self.deadline.cancel()
            self.deadline = None
