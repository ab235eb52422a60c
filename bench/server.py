"""demo.py in a process of its own, and requests to it."""

import contextlib
import http.client
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.command import ROOT, BenchError

TIMEOUT = 8.0  # s that the page waits for an answer


class Server(NamedTuple):
    """A running demo.py."""

    process: subprocess.Popen
    port: int
    start_seconds: float  # from the command to the page's first answer

    def megabytes(self) -> float:
        """Resident memory. Reads /proc: Linux only."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextlib.contextmanager
def serving(weights: Path, port: int | None = None) -> Iterator[Server]:
    """Runs demo.py until the block ends, on this port or a free one. BenchError when demo.py does not start."""
    port = port or free_port()
    command = [sys.executable, "demo.py", "--weights", str(weights), "--device", "cpu", "--port", str(port)]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError), connect(port) as connection:
                fetch(connection, "/")
                break
            if process.poll() is not None:
                raise BenchError("demo.py did not start; the line above says why")
            time.sleep(0.02)
        yield Server(process, port, time.perf_counter() - started)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """A free port below those that systems give to outgoing connections, so that none of these takes it meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def connect(port: int) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT))


def fetch(connection: http.client.HTTPConnection, path: str, body: bytes | None = None) -> bytes:
    """Posts `body`, or gets; returns the body of the answer. HTTPException if its status is not 200; OSError."""
    connection.request("POST" if body else "GET", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise http.client.HTTPException(f"{answer.status} {content[:200]!r}")
    return content
