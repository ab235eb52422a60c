"""Two more engines, each by its own wire: WebKitGTK by WebDriver under Xvfb, and Firefox by Marionette.

Selenium drives Firefox through geckodriver alone, which Debian does not have and Selenium downloads.
"""

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.server import free_port
from tests.machine import missing, program

COMPLAINTS = """
  const { Cc, Ci, Services } = globalThis;
  const told = Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage).getEvents();
  const messages = Services.console.getMessageArray();
  const thrown = messages.filter((each) => each instanceof Ci.nsIScriptError && !(each.flags & 1)); // 1 is a warning
  return [
    ...told.filter(({ level }) => level === "error").map((each) => [each.filename, String(each.arguments[0])]),
    ...thrown.map((each) => [each.sourceName, each.errorMessage]),
  ];
"""


HEAR = """
  if (!location.href.startsWith(arguments[0])) return false; // still the page before
  if (window.heard) return true;
  const heard = (window.heard = []), say = console.error;
  console.error = (...told) => (heard.push(told.join(" ")), say(...told));
  addEventListener("error", ({ message, target }) => heard.push(message ?? `no ${target.src ?? target.href}`), true);
  addEventListener("unhandledrejection", ({ reason }) => heard.push(String(reason)));
  return true;
"""


class Browser:
    """A WebDriver session: what both engines are asked for. `open` starts it, `close` ends whatever was started."""

    def __init__(self):
        self.processes: list[subprocess.Popen] = []

    def open(self, folder: Path) -> None:
        """With a profile in the folder. Skips the test, before anything starts, where a program is missing."""
        raise NotImplementedError

    def start(self, *command, **options) -> None:
        self.processes.append(subprocess.Popen(command, **options))

    def close(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def soon(self, attempt, *failures):
        """What `attempt` gives, as soon as it does not fail."""
        for _ in range(600):
            with contextlib.suppress(*failures):
                return attempt()
            time.sleep(0.1)
        raise TimeoutError(f"{type(self).__name__} does not answer")

    def go(self, url: str) -> None:
        self.ask("WebDriver:Navigate", "url", url=url)

    def run(self, script: str, *arguments):
        """What the page returns."""
        return self.ask("WebDriver:ExecuteScript", "execute/sync", script=script, args=list(arguments))

    def act(self, kind: str, actions: list[dict], **parameters) -> None:
        device = {"type": kind, "id": kind, "actions": actions} | ({"parameters": parameters} if parameters else {})
        self.ask("WebDriver:PerformActions", "actions", actions=[device])

    def ask(self, command: str, path: str, **parameters):
        raise NotImplementedError


class WebKit(Browser):
    session = ""

    def open(self, folder: Path) -> None:
        driver = program("WebKitWebDriver", package="webkit2gtk-driver")
        screen = program("Xvfb", package="xvfb")
        browser = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None) or missing("no MiniBrowser")
        reading, writing = os.pipe()
        self.start(screen, "-displayfd", str(writing), "-screen", "0", "1400x1000x24", pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading, encoding="ascii") as pipe:
            display = pipe.readline().strip()
        port = free_port()
        environment = os.environ | {"DISPLAY": f":{display}", "XDG_CACHE_HOME": str(folder), "LANG": "C.UTF-8"}
        self.start(driver, f"--port={port}", env=environment)
        sessions = f"http://127.0.0.1:{port}/session"
        options = {"binary": str(browser), "args": ["--automation"]}
        wanted = {"webkitgtk:browserOptions": options, "pageLoadStrategy": "none"}
        asked = {"capabilities": {"alwaysMatch": wanted}}
        self.heard: list[str] = []
        opened = self.soon(lambda: self.post(sessions, asked), urllib.error.URLError)
        self.session = f"{sessions}/{opened['sessionId']}"

    def post(self, url: str, asked: dict):
        request = urllib.request.Request(url, json.dumps(asked).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def ask(self, command: str, path: str, **parameters):
        return self.post(f"{self.session}/{path}", parameters)

    def go(self, url: str) -> None:
        """WebKit's driver tells no console: the page is listened to as soon as it begins to load."""
        self.heard += self.run("return window.heard ?? []")
        super().go(url)
        self.soon(lambda: self.listens(url), AssertionError, urllib.error.HTTPError)

    def listens(self, url: str) -> None:
        assert self.run(HEAR, url)

    def complaints(self, url: str) -> list:
        return self.heard + self.run("return window.heard")

    def close(self) -> None:
        if self.session:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(urllib.request.Request(self.session, method="DELETE"), timeout=20).close()
        super().close()


class Firefox(Browser):
    wire: socket.socket | None = None

    def open(self, folder: Path) -> None:
        browser = program("firefox-esr", "firefox", package="firefox-esr")
        port = free_port()
        (folder / "user.js").write_text(f'user_pref("marionette.port", {port});\n', encoding="utf-8")
        environment = os.environ | {"HOME": str(folder)}
        flags = ("--remote-allow-system-access", "--no-remote", "--profile", str(folder))
        self.start(browser, "--headless", "--marionette", *flags, env=environment)
        self.wire = self.soon(lambda: socket.create_connection(("127.0.0.1", port), timeout=120), OSError)
        self.receive()  # its greeting
        self.ask("WebDriver:NewSession", "", capabilities={})
        self.ask("WebDriver:SetWindowRect", "", width=1400, height=1000)

    def ask(self, command: str, path: str, **parameters):
        message = json.dumps([0, 1, command, parameters]).encode()
        self.wire.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.receive()
        assert error is None, error
        return result.get("value") if isinstance(result, dict) else result

    def receive(self):
        length = b""
        while (digit := self.wire.recv(1)) != b":":
            assert digit, "Firefox ended"
            length += digit
        message = b""
        while len(message) < int(length):
            message += self.wire.recv(int(length) - len(message))
        return json.loads(message)

    def complaints(self, url: str) -> list:
        self.ask("Marionette:SetContext", "", value="chrome")
        told = self.run(COMPLAINTS)
        self.ask("Marionette:SetContext", "", value="content")
        return [[source, text] for source, text in told if source.startswith(url)]

    def close(self) -> None:
        if self.wire:
            self.wire.close()
        super().close()
