"""Files of the data sets: read from disk when complete, otherwise downloaded, checked and then stored."""

import errno
import hashlib
import shutil
import ssl
import sys
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tqdm import tqdm

from adder.files import replacing

TIMEOUT = 15.0  # seconds without a byte, then the next mirror is tried
MAX_BYTES = 100_000_000  # of a download; every file of the data sets is below a sixth of it


class DataError(Exception):
    """Data that cannot be found or read; the message names the file and what to do."""


def fetch(
    path: Path,
    urls: Sequence[str],
    md5: str,
    *,
    unpack: Callable[[bytes], bytes] = bytes,
    remedy: str = "",
    first_bytes: int | None = None,
) -> bytes:
    """The content of `path`, checked against `md5`; a missing or damaged file is downloaded once and stored there.

    The `urls` are tried in order, and `unpack` turns the answer into the content. `first_bytes` limits the
    download to so many bytes. DataError lists what was tried; `remedy` adds what else you could do.
    """
    try:
        is_damaged = path.exists()
        if is_damaged and is_whole(content := path.read_bytes(), md5):
            return content
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{path} cannot be read or written: {error.strerror}; use --data-dir{remedy}") from error
    tried = []
    for url in urls:
        host = urlsplit(url).netloc
        print(f"{path.name}: downloading from {host}", file=sys.stderr, flush=True)
        try:
            answer = download(url, first_bytes)
        except (OSError, HTTPException, ValueError) as error:
            tried.append(f"{host}: {in_words(error)}")
        else:
            with suppress(OSError, EOFError, ValueError, zlib.error):
                if is_whole(content := unpack(answer), md5):
                    write(path, content)
                    return content
            tried.append(f"{host} sent something else; it may be the sign-in page of your network")
        print(tried[-1], file=sys.stderr, flush=True)
    state = f"is damaged (its md5 is not {md5}) and was not replaced" if is_damaged else "is not there"
    raise DataError(
        f"{path} {state}; it cannot be downloaded ({'; '.join(tried)}): connect to the network, or name another data "
        f"folder with --data-dir or the variable ADDER_DATA{remedy}"
    )


def download(url: str, first_bytes: int | None = None) -> bytes:
    """The body of a GET request, through the proxies of the environment. OSError, HTTPException or ValueError.

    `first_bytes` asks for that many bytes with HTTP Range, and stops reading there if the server sends everything.
    """
    ranged = {"Range": f"bytes=0-{first_bytes - 1}"} if first_bytes else {}
    request = Request(url, headers={"User-Agent": "adder"} | ranged)
    content = bytearray()
    with urlopen(request, timeout=TIMEOUT) as answer:
        length = int(answer.headers.get("Content-Length") or 0)
        with tqdm(total=length or None, unit="B", unit_scale=True, leave=False, disable=None) as bar:
            while chunk := answer.read(1 << 16):
                content += chunk
                bar.update(len(chunk))
                if first_bytes and len(content) >= first_bytes:
                    return bytes(content[:first_bytes])
                if len(content) > MAX_BYTES:
                    raise ValueError(f"{url} sends more than {MAX_BYTES} bytes")
    return bytes(content)


def write(path: Path, content: bytes) -> None:
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise storage_error(path, error, len(content)) from error


def storage_error(path: Path, error: OSError, size: int) -> DataError:
    """Why `size` bytes could not be written to `path`, as a DataError."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(path.parent).free
        return DataError(
            f"the disk is full: {path} needs {size / 1e6:.0f} MB, {free / 1e6:.0f} MB are free; use --data-dir"
        )
    return DataError(f"{path} cannot be written: {cause.strerror}; use --data-dir")


def is_whole(content: bytes, md5: str) -> bool:
    return hashlib.md5(content, usedforsecurity=False).hexdigest() == md5


def in_words(error: Exception) -> str:
    """Why a mirror failed, with what to do where we know it."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        remedy = "name your network's certificate in SSL_CERT_FILE"
        if sys.platform == "darwin":
            remedy += ", or run 'Install Certificates.command' in Python's folder under Applications"
        return f"its certificate is not trusted here ({reason.verify_message}); {remedy}"
    if isinstance(reason, TimeoutError):
        return f"no answer in {TIMEOUT:.0f} seconds"
    return " ".join(str(reason).split()) or type(reason).__name__
