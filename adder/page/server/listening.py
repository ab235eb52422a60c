"""Where the page listens, which addresses open it, and why it cannot listen."""

import errno
import io
import os
import re
import socket
import sys
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from ipaddress import IPv6Address

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # opens the page on this machine when it listens on all addresses
NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # not of this machine; IPv6 where there is none
TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)
RESERVED = (socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1")  # for documentation, RFC 5737 and 3849


def listen(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of `host`; '::' means IPv4 too. OSError as the system raises it."""
    with ExitStack() as opened:
        sockets, failure = [], None
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address) for family, *_, address in found):
            both = address[0] == "::" and socket.has_dualstack_ipv6()
            try:
                sockets.append(opened.enter_context(socket.create_server(address, family=family, dualstack_ipv6=both)))
                # Connections inherit it. Without it, a client that keeps its connection waits 40 ms for the body of an
                # answer, until it has acknowledged the head. asyncio sets it only where a socket names its protocol.
                sockets[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                if error.errno not in NO_SUCH_ADDRESS:
                    raise
                failure = error  # another address may work: 'localhost' can name ::1 where IPv6 is off
        if failure and not sockets:
            raise failure
        opened.pop_all()
        return sockets


def host_and_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url(host: str, port: int) -> str:
    """The page's address for a browser on this machine."""
    return f"http://{host_and_port(LOOPBACK.get(host, host), port)}/"


def others_url(host: str, port: int) -> str | None:
    """The page's address for other machines, if `host` is '0.0.0.0' or '::'; None without a network.

    It asks a UDP socket which address it would send from, and sends nothing.
    """
    for family, reserved in {"0.0.0.0": RESERVED[:1], "::": RESERVED}.get(host, ()):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.connect((reserved, 9))
            return url(udp.getsockname()[0], port)
    return None


def print_join_address(url: str) -> None:
    """Prints the page's address for other people. On a terminal, it prints a QR code too."""
    print(f"Others open {url}", flush=True)
    if sys.stdout.isatty():
        with suppress(UnicodeEncodeError):  # a terminal without block characters
            print(qr_code(url), flush=True)


def qr_code(text: str) -> str:
    """Lines for a terminal, light on dark in terminals of any colour."""
    import segno

    lines = io.StringIO()
    segno.make_qr(text).terminal(lines, border=2, compact=True)
    return "".join(f"\033[97;40m{line}\033[0m\n" for line in lines.getvalue().splitlines())


def describe_failure(error: OSError, host: str, port: int) -> str:
    """Why the page cannot listen on this host and port, and what to do, in one line."""
    cannot = f"cannot listen on {host_and_port(host, port)}"
    if error.errno in TOO_MANY_FILES:
        return "too many files are open; allow more with ulimit -n 4096, or end other programs"
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    if error.errno in NO_SUCH_ADDRESS or isinstance(error, socket.gaierror):
        return f"{cannot}: this machine has no such address; try --host 127.0.0.1, or 0.0.0.0 for others"
    if error.errno in (errno.EADDRINUSE, errno.EACCES):
        reason = "another program uses this port" if error.errno == errno.EADDRINUSE else "no permission for this port"
        free = free_port(host, port)
        remedy = f"{free} is free: --port {free}" if free else "choose another with --port"
        return f"{cannot}: {reason}; {remedy}"
    return error.strerror or str(error)


def free_port(host: str, taken: int) -> int | None:
    """The first port that `host` can listen on, of the hundred after `taken` or, if higher, from 1024 on."""
    first = max(taken + 1, 1024)  # systems ask for permission below
    for port in range(first, min(first + 100, 65536)):
        with suppress(OSError):
            for opened in listen(host, port):
                opened.close()
            return port
    return None


def bypass_proxies(host: str) -> None:
    """Changes the proxy settings in the environment so that Gradio can start and call its own address.

    Gradio uses httpx. That sends requests to this machine through the proxy too unless NO_PROXY names it, raises at
    some entries of NO_PROXY, and cannot be imported when a SOCKS proxy is set and socksio is not installed.
    """
    entries = ",".join(os.environ.get(name, "") for name in ("no_proxy", "NO_PROXY")).split(",")
    kept = [entry for entry in map(str.strip, entries) if httpx_accepts(entry)]
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join([*kept, "localhost", *LOOPBACK.values(), host])
    if not find_spec("socksio"):
        for name, address in list(os.environ.items()):
            if name.lower().endswith("_proxy") and address.lower().startswith("socks"):
                del os.environ[name]


def httpx_accepts(entry: str) -> bool:
    """Whether httpx accepts an entry of NO_PROXY; it raises at '[::1]' and 'fd00::/8', among others."""
    with suppress(ValueError):
        IPv6Address(entry)
        return True
    return entry.isascii() and bool(re.fullmatch(r"(https?://)?[^:\[\]]+(:\d+)?", entry))
