"""Who may import whom, and what the Space's front matter promises."""

import ast
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

ALLOWED = {  # modules of the package that each may import
    "strokes": set(),
    "image": {"strokes"},
    "augment": set(),
    "backbones": set(),
    "heads": set(),
    "model": {"backbones", "heads"},
    "saliency": {"model"},
    "distributed": set(),
    "evaluation": set(),
    "recipes": {"augment"},
    "nondigits": set(),
    "sources": {"image", "strokes", "nondigits"},
    "collection": {"strokes"},
    "photo": set(),
    "data": {"collection", "image", "strokes", "nondigits", "sources"},
    "checkpoint": {"model"},
    "report": {"checkpoint", "data"},
    "training": {"data", "model", "augment", "recipes", "evaluation", "checkpoint", "report", "distributed"},
    "reader": {"checkpoint", "heads", "image", "model", "saliency", "strokes"},
}
ONLY_IN = {"torchvision": {"sources"}, "gradio": {"page"}, "argparse": set(), "matplotlib": {"report"}}


def imports(path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def modules():
    for path in sorted((ROOT / "adder").rglob("*.py")):
        room = path.relative_to(ROOT / "adder").parts[0].removesuffix(".py")
        if room != "__init__":
            yield room, path


@pytest.mark.parametrize("room, path", list(modules()), ids=str)
def test_rooms_import_only_what_they_may(room, path):
    allowed = ALLOWED.get(room, {"page", "photo"} if room == "page" else None)
    assert allowed is not None, f"adder/{room} is a new room: say here what it may import"
    used = {name.split(".")[1] for name in imports(path) if name.startswith("adder.")}
    assert used <= allowed | {room}
    for library, rooms in ONLY_IN.items():
        if library in {name.split(".")[0] for name in imports(path)}:
            assert room in rooms, f"{library} is imported in adder/{room}"


def test_the_page_loads_no_training_code():
    code = (
        "import sys, adder.page, adder.reader; print([m for m in ('torchvision', 'matplotlib.pyplot', "
        "'adder.training', 'adder.data', 'adder.sources', 'adder.augment') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_front_matter_agrees_with_requirements():
    front = (ROOT / "README.md").read_text().split("---")[1]
    values = dict(re.findall(r"^(\w+): *(.*)$", front, re.M))
    requirements = (ROOT / "requirements.txt").read_text()
    assert f"gradio=={values['sdk_version']}\n" in requirements
    assert values["sdk"] == "gradio" and (ROOT / values["app_file"]).exists() and values["license"] == "mit"
    assert {"title", "emoji", "python_version", "short_description", "tags"} <= set(values)
    assert len(values["short_description"]) <= 60, "the Hub refuses a longer one"
