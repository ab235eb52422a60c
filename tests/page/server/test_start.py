"""demo.py as it is started elsewhere: other encodings, proxies, folders and browsers."""

import os
import signal
import urllib.request

import pytest

from tests.machine import PLAIN, ROOT
from tests.servers import NOWHERE, opened, started


def test_it_opens_from_any_folder_whatever_the_environment(tmp_path):
    proxies = dict.fromkeys(("HTTP_PROXY", "https_proxy"), NOWHERE)
    socks = {"ALL_PROXY": "socks5://127.0.0.1:9", "all_proxy": "socks5h://127.0.0.1:9", "no_proxy": "example.org"}
    browser = tmp_path / "browser"
    os.mkfifo(tmp_path / "opened")
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n', encoding="utf-8")
    browser.chmod(0o755)
    environment = {"BROWSER": f"{browser} %s"} | PLAIN | proxies | socks
    with started("--open", "--host", "127.0.0.2", cwd=tmp_path, **environment) as process:
        said, address = opened(process)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(address, timeout=60) as answer:
            page = answer.read().decode("utf-8")
        assert (tmp_path / "opened").read_text(encoding="utf-8").strip() == address
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    assert said.startswith("Loading the network"), "one is told at once"
    assert "28 \u00d7 28" in page or "28 \\u00d7 28" in page
    assert process.returncode == 0 and "Traceback" not in said + rest
    careless = [line for line in (said + rest).splitlines() if "EncodingWarning" in line and str(ROOT) in line]
    assert not [line for line in careless if "site-packages" not in line]


def test_interrupted_while_it_loads():
    with started() as process:
        assert process.stdout.readline().startswith("Loading")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "" and process.returncode == 130


def test_ipython_gets_its_prompt_back_and_no_public_link_is_told_in_a_line(tmp_path):
    run = "import runpy, sys; sys.ps1 = 'In: '; runpy.run_path(sys.argv[0], run_name='__main__'); print('the prompt')"
    code = f"import sys; del sys.argv[0]; {run}"
    nowhere = {"https_proxy": NOWHERE, "HF_HOME": str(tmp_path)}
    with started("--share", before=["-c", code], **nowhere) as process:
        said = opened(process)[0]
        assert said.count("demo.py: --share made no public link: Missing file: ") == 1 and "Download" not in said
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "the prompt\n" and process.returncode == 0


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [
        ("OSError('[WinError 1114] A DLL failed. Error loading \"c10.dll\".')", "shows for your system"),
        ("ImportError('libcudnn.so.9: cannot open shared object file\\nmore')", "shows for your system"),
        ("ModuleNotFoundError('No module named torch')", "pip install -r requirements.txt"),
    ],
)
def test_pytorch_that_cannot_be_imported(tmp_path, failure, remedy):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(f"raise {failure}", encoding="utf-8")
    with started(PYTHONPATH=str(tmp_path)) as process:
        _, said, *rest = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 2 and rest == []
    assert said.startswith("demo.py: ") and remedy in said and "more" not in said
