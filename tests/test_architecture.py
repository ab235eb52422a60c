"""Who may import whom, and what the Space's front matter promises."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

WINGS = {  # the wings and single modules of the package that each may import
    "files": set(),
    "imports": set(),
    "drawing": {"files"},
    "network": {"files"},
    "learning": {"drawing", "files", "network"},
    "choice": {"drawing"},
    "hand": {"drawing", "files", "network"},
    "reader": {"choice", "drawing", "hand", "network"},
    "read": {"drawing", "files", "imports", "network", "reader"},
    "growth": {"network", "reader"},
    "page": {"drawing", "hand"},
}
ROOMS = {  # within a wing, in reading order: the rooms that each may import
    "drawing": {
        "curves": set(),
        "strokes": {"curves"},
        "image": {"strokes"},
        "picture": set(),
        "ground": set(),
        "hypotheses": {"ground"},
        "collection": {"strokes"},
        "table": {"image", "strokes"},
        "inputs": {"collection", "picture", "strokes", "table"},
    },
    "network": {
        "backbones": set(),
        "heads": set(),
        "model": {"backbones", "heads"},
        "folding": {"model"},
        "checkpoint": {"model"},
        "saliency": {"model"},
        "explanation": {"backbones", "model"},
    },
    "learning": {
        "augment": set(),
        "recipes": {"augment"},
        "shapes": set(),
        "letters": set(),
        "nondigits": {"letters", "shapes"},
        "hands": {"shapes"},
        "download": set(),
        "sources": {"download", "nondigits"},
        "epochs": {"hands", "nondigits", "sources"},
        "own": {"sources"},
        "data": {"epochs", "letters", "nondigits", "own", "shapes", "sources"},
        "distributed": set(),
        "distillation": set(),
        "run": {"distillation", "distributed", "recipes"},
        "snapshots": {"run"},
        "graph": set(),
        "evaluation": set(),
        "report": {"data"},
        "training": {
            *("augment", "data", "distillation", "distributed", "evaluation", "graph", "report", "run", "snapshots"),
        },
    },
    "page": {
        "payload": set(),
        "answers": {"payload"},
        "head": set(),
        "together": set(),
        "first": {"head", "payload"},
        "explaining": {"answers", "payload"},
        "component": {"answers", "explaining", "first", "head", "payload", "together"},
        "connections": {"head"},
        "listening": set(),
        "sessions": set(),
        "gate": {"sessions"},
        "serving": {"component", "connections", "first", "gate", "head", "listening", "sessions"},
    },
}
ONLY_IN = {  # libraries that nothing else in the package may import
    "torchvision": {"learning.sources"},
    "matplotlib": {"learning.report"},
    "gradio": {"page.component", "page.serving", "page.sessions"},
    "argparse": {"read"},
}


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


MODULES = {
    ".".join(path.relative_to(ROOT / "adder").with_suffix("").parts): imports(path)
    for path in sorted((ROOT / "adder").rglob("*.py"))
    if path.name != "__init__.py"
}


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_what_it_may(module):
    wing, *room = module.split(".")
    assert wing in WINGS and (not room or room[0] in ROOMS[wing]), f"{module} is new: say here what it may import"
    used = [name.split(".")[1:] for name in MODULES[module] if name.startswith("adder.")]
    assert {parts[0] for parts in used} <= WINGS[wing] | {wing}
    if room:
        assert {parts[1] for parts in used if parts[0] == wing and len(parts) > 1} <= ROOMS[wing][room[0]]
    libraries = {name.split(".")[0] for name in MODULES[module]} & set(ONLY_IN)
    assert all(module in ONLY_IN[library] for library in libraries), f"{module} imports {libraries}"


def test_every_room_of_the_tables_is_there():
    assert {f"{wing}.{room}" for wing in ROOMS for room in ROOMS[wing]} | {
        "choice",
        "files",
        "growth",
        "hand",
        "imports",
        "read",
        "reader",
    } == set(MODULES)


def test_a_wing_shows_its_face_and_exports_nothing():
    for face in (ROOT / "adder").rglob("__init__.py"):
        tree = ast.parse(face.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree) and len(tree.body) == 1, face
        wing = face.parent.name
        named = re.findall(r"`(\w+)`", ast.get_docstring(tree))
        assert set(ROOMS.get(wing, ())) <= set(named), f"{face} leaves out a room"


SOURCES = [ROOT / "train.py", ROOT / "demo.py", *(ROOT / "adder").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_are_opened_and_written_as_every_system_can(path):
    """OpenCV knows no umlauts on Windows, which also refuses a rename for a while; and NaN is no JSON."""
    for call in calls(path):
        name = ast.unparse(call.func)
        assert not re.fullmatch(r"cv2\.(im(read|write|count)\w*|VideoCapture|FileStorage)", name), (
            f"{name}: give it bytes"
        )
        if path != ROOT / "adder" / "files.py":
            assert not re.search(r"(os\.(replace|rename)|shutil\.move|\.rename)$", name), f"{name}: use files.move"
        if name in ("json.dump", "json.dumps") and "page" not in path.parts:
            assert any(word.arg == "allow_nan" for word in call.keywords), f"{name}: allow_nan=False"


def test_the_page_loads_no_training_code():
    code = (
        "import sys, adder.page.serving, adder.reader; print([m for m in sys.modules "
        "if m.startswith(('torchvision', 'matplotlib.pyplot', 'adder.learning'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert result.stdout.strip() == "[]"


def test_front_matter_agrees_with_requirements():
    front = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    values = dict(re.findall(r"^(\w+): *(.*)$", front, re.M))
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert f"gradio=={values['sdk_version']}\n" in requirements
    assert values["sdk"] == "gradio" and (ROOT / values["app_file"]).exists() and values["license"] == "mit"
    assert {"title", "emoji", "python_version", "short_description", "tags"} <= set(values)
    assert len(values["short_description"]) <= 60, "the Hub refuses a longer one"
