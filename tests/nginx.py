"""nginx by the lines of the docs."""

import contextlib
import os
import re
import socket
import subprocess
import time

from bench.server import free_port
from tests.machine import ROOT, program

AROUND = """
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    log_format who "$request_uri $status $upstream_addr";
    access_log {folder}/access who;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {lines}
}}
"""


def lines_of(file: str, start: str) -> str:
    """What the file tells nginx, in the one block that starts so."""
    [lines] = re.findall(rf"```nginx\n({start}.*?)```", (ROOT / file).read_text(encoding="utf-8"), re.S)
    return lines


def nginx_program() -> str:
    return program("nginx", package="nginx, whose program is in /usr/sbin")


@contextlib.contextmanager
def nginx(folder, lines: str):
    """nginx by these lines, its `listen 80;` on a free port, which is yielded."""
    found, port = nginx_program(), free_port()
    assert "listen 80;" in lines
    lines = lines.replace("listen 80;", f"listen 127.0.0.1:{port};")
    user = "user root;" if os.geteuid() == 0 else ""  # its workers write into the folder
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, lines=lines, user=user), encoding="utf-8")
    process = subprocess.Popen([found, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "errors"])
    try:
        while True:
            assert process.poll() is None, (folder / "errors").read_text(encoding="utf-8")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()
