"""How many connections there may be, and how long one may take to say what it wants. Knows uvicorn, not Gradio."""

import asyncio
import sys
from contextlib import suppress

from starlette.types import ASGIApp
from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from adder.page.server.head import headed

PATIENCE = 10.0  # s until a whole header is there; uvicorn itself would wait for ever, with a file open


def raise_file_limit() -> None:
    """As many open files, which connections are too, as the system allows this process; Windows has no such limit."""
    if sys.platform != "win32":
        import resource

        usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        for limit in (most, max(usual, 10_240)):  # a Mac calls it unlimited, and then takes no more than 10,240
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
                return


def bound_headers() -> None:
    """Has servers that uvicorn starts from now on close connections whose header does not come to an end."""
    HTTP_PROTOCOLS["auto"] = f"{__name__}:ImpatientProtocol"


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # chosen as uvicorn is imported
    """uvicorn's own, by h11 or by httptools where that is installed; every answer has the page's headers."""

    app: ASGIApp
    deadline: asyncio.TimerHandle | None = None

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.app = headed(self.app)

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self.deadline = self.loop.call_later(PATIENCE, transport.close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self.forget()
        elif self.deadline is None:
            self.deadline = self.loop.call_later(PATIENCE, self.transport.close)

    def connection_lost(self, exc) -> None:
        self.forget()
        super().connection_lost(exc)

    def forget(self) -> None:
        if self.deadline:
            self.deadline.cancel()
            self.deadline = None
