"""Where the page listens, the addresses that open it, and why it cannot listen. Knows sockets, not Gradio."""

import errno
import io
import os
import re
import socket
import sys
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from ipaddress import IPv6Address

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # what opens the page here when it listens to all addresses
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # an address that is not this machine's; a system without IPv6
TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)
ELSEWHERE = (socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1")  # nobody's, by RFC 5737 and 3849


def listen(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address that `host` means; '::' takes IPv4 too. OSError as the system gives it."""
    with ExitStack() as opened:
        sockets, absent = [], None
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address) for family, *_, address in found):
            both = address[0] == "::" and socket.has_dualstack_ipv6()
            try:
                sockets.append(opened.enter_context(socket.create_server(address, family=family, dualstack_ipv6=both)))
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
                absent = error  # 'localhost' may name ::1 where IPv6 is off
        if absent and not sockets:
            raise absent
        opened.pop_all()
        return sockets


def place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url(host: str, port: int) -> str:
    """What a browser on this machine opens."""
    return f"http://{place(LOOPBACK.get(host, host), port)}/"


def others_url(host: str, port: int) -> str | None:
    """What a browser on another machine opens when `host` is '0.0.0.0' or '::'; None where there is no network.

    Nothing is sent: a UDP socket is asked which of this machine's addresses it would send from.
    """
    for family, elsewhere in {"0.0.0.0": ELSEWHERE[:1], "::": ELSEWHERE}.get(host, ()):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.connect((elsewhere, 9))
            return url(asked.getsockname()[0], port)
    return None


def invite(url: str) -> None:
    """Says what others open, and draws it for their cameras where stdout is a terminal."""
    print(f"Others open {url}", flush=True)
    if sys.stdout.isatty():
        with suppress(UnicodeEncodeError):  # a terminal without block letters
            print(qr_code(url), flush=True)


def qr_code(text: str) -> str:
    """Lines for a terminal, light on dark whatever its own colours are."""
    import segno

    lines = io.StringIO()
    segno.make_qr(text).terminal(lines, border=2, compact=True)
    return "".join(f"\033[97;40m{line}\033[0m\n" for line in lines.getvalue().splitlines())


def trouble(error: OSError, host: str, port: int) -> str:
    """Why the page did not open on this host and port, and the remedy, in one line."""
    cannot = f"cannot listen on {place(host, port)}"
    if error.errno in TOO_MANY_FILES:
        return "too many files are open; allow more, as by ulimit -n 4096, or end other programs"
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    if error.errno in ABSENT or isinstance(error, socket.gaierror):
        return f"{cannot}: this machine has no such address; try --host 127.0.0.1, or 0.0.0.0 for others"
    if error.errno in (errno.EADDRINUSE, errno.EACCES):
        why = "another program has this port" if error.errno == errno.EADDRINUSE else "no permission for this port"
        free = free_port(host, port)
        offer = f"{free} is free: --port {free}" if free else "choose another with --port"
        return f"{cannot}: {why}; {offer}"
    return error.strerror or str(error)


def free_port(host: str, taken: int) -> int | None:
    """The first of the hundred ports after `taken`, from 1024 on, that `host` can listen on."""
    first = max(taken + 1, 1024)  # below, systems ask for permission
    for port in range(first, min(first + 100, 65536)):
        with suppress(OSError):
            for each in listen(host, port):
                each.close()
            return port
    return None


def go_past_proxies(host: str) -> None:
    """Lets Gradio ask its own address, and be imported, whatever proxies the environment or the system names.

    It asks by httpx, which passes by the proxies for none but the addresses in NO_PROXY, raises at some of these, and
    cannot be imported where a SOCKS proxy is named and socksio is not installed.
    """
    given = ",".join(os.environ.get(name, "") for name in ("no_proxy", "NO_PROXY")).split(",")
    kept = [entry for entry in map(str.strip, given) if httpx_reads(entry)]
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join([*kept, "localhost", *LOOPBACK.values(), host])
    if not find_spec("socksio"):
        for name, address in list(os.environ.items()):
            if name.lower().endswith("_proxy") and address.lower().startswith("socks"):
                del os.environ[name]


def httpx_reads(entry: str) -> bool:
    """Of NO_PROXY; it raises at '[::1]' and 'fd00::/8', among others."""
    with suppress(ValueError):
        IPv6Address(entry)
        return True
    return entry.isascii() and bool(re.fullmatch(r"(https?://)?[^:\[\]]+(:\d+)?", entry))
