"""demo.py as a process, and those who ask it: a pad, a program, a visitor with one connection."""

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from bench.server import free_port
from tests.machine import ROOT

NOWHERE = "http://127.0.0.1:9"  # nobody listens there
SEVEN = [[[2000, 1000], [8000, 1000], [4000, 9000]]]
LIVE, JOIN, DATA = (f"/gradio_api/{path}" for path in ("component_server/", "queue/join", "queue/data"))


class Server:
    """demo.py with the shipped weights on a port of its own; `script` calls demo.main() otherwise than as a command."""

    def __init__(
        self,
        weights: Path | None,
        *flags: str,
        command: list[str] | None = None,
        port: int | None = None,
        script: str = "",
        **pipes,
    ):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        usual = [sys.executable, *(["-c", script] if script else ["demo.py"])]
        usual += ["--weights", str(weights), "--device", "cpu", "--port", str(self.port)]
        self.command = command or [*usual, *flags]
        self.pipes = pipes
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, cwd=ROOT, **self.pipes)
        try:
            self.wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def wait_until_it_answers(self) -> None:
        for _ in range(3000):
            assert self.process.poll() is None, "demo.py ended"
            try:
                with urllib.request.urlopen(self.url):
                    return
            except urllib.error.URLError:
                time.sleep(0.1)
        raise TimeoutError(self.url)

    @cached_property
    def pad(self) -> int:
        """The component that holds the page."""
        with urllib.request.urlopen(f"{self.url}/config") as answer:
            [pad] = [each["id"] for each in json.load(answer)["components"] if each["type"] == "html"]
        return pad

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def ask_as_pad(server, function, payload):
    asked = {"data": payload, "component_id": server.pad, "fn_name": function, "session_hash": "test"}
    return post(f"{server.url}/gradio_api/component_server/", asked)


def post(url, asked):
    request = urllib.request.Request(url, json.dumps(asked).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@contextmanager
def started(*flags, cwd=ROOT, before=(), **variables):
    """The process, its output still unread."""
    command = [sys.executable, *before, str(ROOT / "demo.py"), "--device", "cpu", "--port", str(free_port()), *flags]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=cwd, env=environment | variables, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def opened(process) -> tuple[str, str]:
    """What was said until the page stood, and its address."""
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("The page is at "):
            return said, line.split()[4]
    raise AssertionError(f"demo.py ended: {said}")


class Visitor:
    """One keep-alive connection."""

    def __init__(self, server: Server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        config = json.loads(self.ask("GET", "/config")[1])
        [self.pad] = [each["id"] for each in config["components"] if each["type"] == "html"]
        [self.read] = [each["id"] for each in config["dependencies"] if each["api_name"] == "read"]

    def ask(self, method: str, path: str, body=None, **headers) -> tuple[int, str]:
        """(status, text) of the answer; `body` is sent as JSON unless it is bytes."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            headers = {"Content-Type": "application/json"} | headers
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except ConnectionError:  # closed while this visitor was idle, which a slow machine makes long
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def live(self, data, function="read_pad", **envelope):
        asked = {"data": data, "component_id": self.pad, "fn_name": function, "session_hash": "visitor"} | envelope
        return self.ask("POST", LIVE, asked)

    def join(self, arguments, session="visitor", **envelope):
        return self.ask("POST", JOIN, {"data": arguments, "fn_index": self.read, "session_hash": session} | envelope)

    def fetch(self, session="visitor") -> dict:
        """The queue's last word on what the session asked."""
        status, events = self.ask("GET", f"{DATA}?session_hash={session}")
        assert status == 200
        assert "Traceback" not in events and ".py" not in events
        messages = [json.loads(line.removeprefix("data: ")) for line in events.splitlines() if line]
        return next(message for message in messages if message["msg"] == "process_completed")


def expect_right_answers(visitor: Visitor) -> None:
    status, answer = visitor.live({"strokes": SEVEN, "number": 5})
    assert status == 200 and (json.loads(answer)["digit"], json.loads(answer)["sum"]) == (7, 12)
    assert visitor.join([SEVEN, 4], "afterwards")[0] == 200
    done = visitor.fetch("afterwards")
    assert done["success"] and done["output"]["data"][0]["sum"] == 11
