"""How many connections there may be, and how long one may take to say what it wants. Knows uvicorn, not Gradio."""

import asyncio
from contextlib import suppress

from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.auto import AutoHTTPProtocol

PATIENCE = 10.0  # s until a whole header is there; uvicorn itself would wait for ever, with a file open


def raise_file_limit() -> None:
    """As many open files, which connections are too, as the system allows this process; Windows has no such limit."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def bound_headers() -> None:
    """Has servers that uvicorn starts from now on close connections whose header does not come to an end."""
    HTTP_PROTOCOLS["auto"] = f"{__name__}:ImpatientProtocol"


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's own, by h11 or by httptools where that is installed."""

    deadline: asyncio.TimerHandle | None = None

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
