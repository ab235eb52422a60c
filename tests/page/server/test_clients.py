"""/read through Gradio's clients of other ages and languages."""

import json
import os
import subprocess
import sys

import pytest
from PIL import Image

from adder.drawing.strokes import as_strokes, draw
from tests.machine import install, node

DRAWING = "[[[20, 10], [80, 10], [40, 90]]]"
PYTHON = f"""
import sys
import httpx
from gradio_client import Client, handle_file

stream, asked = httpx.stream, []
httpx.stream = lambda method, url, **options: asked.append(str(url)) or stream(method, url, **options)
client = Client(sys.argv[1], verbose=False)
for _ in range(20):
    answer = client.predict(drawing={DRAWING}, number=5, api_name="/read")
print(answer["digit"], answer["sum"], sum("heartbeat" in url for url in asked))
answer = client.predict(drawing=handle_file(sys.argv[2]), number=4, api_name="/read")
print(answer["digit"], answer["sum"])
try:
    client.predict(drawing=handle_file(sys.argv[1] + "/favicon.ico"), number=4, api_name="/read")
except ValueError as error:  # AppError, where there is one
    print(error)
"""
JAVASCRIPT = f"""
import {{ Client }} from "@gradio/client";
const app = await Client.connect(process.argv[2]);
const {{ data }} = await app.predict("/read", {{ drawing: {DRAWING}, number: 5 }});
console.log(data[0].digit, data[0].sum);
process.exit(0);
"""


def said(command, **options) -> str:
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300, **options)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize(
    "wanted, heartbeats",
    [
        (["gradio_client==1.4.0", "websockets<13"], 1),  # asked for whatever the page says, at once again if refused
        (["gradio_client==1.14.0", "websockets<16"], 1),
        ([], 0),  # the newest, as installed
    ],
    ids=["1.4.0", "1.14.0", "newest"],
)
def test_python_clients_of_all_ages(server, tmp_path, wanted, heartbeats):
    if wanted:
        install([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), *wanted])
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    picture = tmp_path / "ink.png"
    Image.fromarray(255 - draw(as_strokes(json.loads(DRAWING)), canvas=300, size=200, brush=16)).save(picture)
    answers = said([sys.executable, "-c", PYTHON, server.url, str(picture)], env=environment).splitlines()
    assert answers[:2] == [f"7 12 {heartbeats}", "7 11"]
    assert "drawing: expected a picture as data:image/...;base64,..." in answers[2]


def test_the_javascript_client(server, tmp_path):
    modules = node().parent if sys.platform == "win32" else node().parents[1] / "lib"
    npm = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
    install([node(), npm, "install", "--no-fund", "--no-audit", "@gradio/client@2"], cwd=tmp_path)
    (tmp_path / "ask.mjs").write_text(JAVASCRIPT, encoding="utf-8")
    assert said([node(), tmp_path / "ask.mjs", server.url], cwd=tmp_path) == "7 12"
