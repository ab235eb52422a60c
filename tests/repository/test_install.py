"""What pip installs, and by which versions."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from tests.machine import ROOT
from tests.repository.imports import imports


def test_an_installed_package_reads_from_any_folder(tmp_path):
    source = tmp_path / "source"  # setuptools builds beside pyproject.toml
    source.mkdir()
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    (source / "weights").mkdir()
    shutil.copy(ROOT / "weights" / "adder.safetensors", source / "weights")
    shutil.copytree(ROOT / "adder", source / "adder", ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path / "target"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(source)]
    subprocess.run(install, check=True, timeout=600)
    code = "from adder.reader import Reader; print(Reader.load().read_strokes([[[20, 10], [80, 10], [40, 90]]], 5).sum)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(target)},  # Windows starts little without its own
        capture_output=True,
        encoding="utf-8",
    )
    assert ran.stdout.strip() == "12", ran.stderr
    web = {path.name for path in (ROOT / "adder" / "page" / "web").iterdir()}
    assert web == {path.name for path in (target / "adder" / "page" / "web").iterdir()}


def test_requirements_are_those_of_the_package_and_of_its_train_extra():
    tomllib = pytest.importorskip("tomllib")  # from Python 3.11 on
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {*project["dependencies"], *project["optional-dependencies"]["train"]} == {*uncommented("requirements.txt")}


def uncommented(file: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-r")]


def names_in(file: str) -> list[str]:
    return [re.match(r"[\w-]+", line)[0] for line in uncommented(file)]


def test_constraints_name_the_tested_version_of_all_that_is_required():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    marker = r"(python_version (<|>=) \"3\.\d+\"|sys_platform == \"\w+\")"
    assert all(re.fullmatch(rf"[\w.-]+==[\w.]+( ; {marker})?", line) for line in lines), "names, versions, markers"
    named = {name.lower() for name in names_in("constraints.txt")}
    assert {name.lower() for file in ("requirements.txt", "requirements-dev.txt") for name in names_in(file)} <= named


def test_what_the_page_reaches_into_is_bounded():
    """Private parts change without notice, so of their packages nobody gets a version that was never tried."""
    documented = {"anyio", "cv2", "numpy", "starlette"}  # of these the page uses what they document
    imported = {name.split(".")[0] for path in (ROOT / "adder" / "page").rglob("*.py") for name in imports(path)}
    reached = imported - sys.stdlib_module_names - documented - {"adder"}
    required = map(Requirement, uncommented("requirements.txt"))
    operators = {each.name: {part.operator for part in each.specifier} for each in required}
    assert {"gradio", "uvicorn"} <= reached
    for package in reached:
        assert operators.get(package) in ({"=="}, {">=", "<"}), f"{package} has no bounds in requirements.txt"
