"""Who may import whom, and what the Space's front matter promises."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine import ROOT
from tests.repository.imports import imports

WINGS = {  # the packages and single modules of adder/ that each may import
    "files": set(),
    "import_errors": set(),
    "drawing": {"files"},
    "pictures": {"drawing"},
    "inputs": {"drawing", "files", "pictures"},
    "network": {"files"},
    "data": {"drawing", "files", "inputs", "pictures"},
    "training": {"data", "files", "network"},
    "reader": {"drawing", "network", "pictures"},
    "corrections": {"files", "network"},
    "hand": {"corrections"},
    "page": {"corrections", "drawing", "pictures"},
    "export": {"drawing", "files", "network", "reader"},
    "__main__": {"files", "import_errors", "inputs", "network", "reader"},
    "read": set(),
}
ONLY_IN = {  # libraries that nothing else in the package may import
    "torchvision": {"data.mnist"},
    "matplotlib": {"training.report"},
    "gradio": {"page.server.app", "page.server.launch", "page.server.sessions"},
    "argparse": {"__main__", "data.pack", "export"},
}


MODULES = {
    ".".join(path.relative_to(ROOT / "adder").with_suffix("").parts): imports(path)
    for path in sorted((ROOT / "adder").rglob("*.py"))
    if path.name != "__init__.py"
}


def reading_order(package: Path) -> list[str]:
    """The rooms that a package's docstring names, first to last."""
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    assert len(tree.body) == 1, f"{package}/__init__.py holds more than its docstring"
    return re.findall(r"^- `(\w+)`", ast.get_docstring(tree) or "", re.M)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_it_may(module):
    wing = module.split(".")[0]
    assert wing in WINGS, f"{module} is new: say here what it may import"
    used = {name.removeprefix("adder.") for name in MODULES[module] if name.startswith("adder.")}
    assert {name.split(".")[0] for name in used} <= WINGS[wing] | {wing}
    libraries = {name.split(".")[0] for name in MODULES[module]} & set(ONLY_IN)
    assert all(module in ONLY_IN[library] for library in libraries), f"{module} imports {libraries}"


PACKAGES = [face.parent for face in sorted((ROOT / "adder").glob("*/**/__init__.py"))]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(ROOT / "adder").as_posix())
def test_a_package_reads_in_the_order_of_its_docstring(package):
    """Each room imports only rooms that the docstring names before it, so there is no circle."""
    prefix = ".".join(package.relative_to(ROOT / "adder").parts) + "."
    rooms = {path.stem for path in package.glob("*.py")} | {face.parent.name for face in package.glob("*/__init__.py")}
    order = reading_order(package)
    assert rooms - {"__init__"} <= set(order), f"{package} does not name {rooms - set(order)}"
    for module, names in MODULES.items():
        if module.startswith(prefix):
            room = module.removeprefix(prefix).split(".")[0]
            inner = {name.removeprefix("adder." + prefix) for name in names if name.startswith("adder." + prefix)}
            before = order[: order.index(room)]
            assert {name.split(".")[0] for name in inner} <= {*before, room}, f"{module} reads before what it imports"


SOURCES = [ROOT / "train.py", ROOT / "demo.py", *(ROOT / "adder").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]


def test_no_test_file_imports_another():
    """What several need lies in a helper module."""
    for path in (ROOT / "tests").rglob("*.py"):
        assert not [name for name in imports(path) if re.match(r"tests\.(.+\.)?test_", name)], path


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
        "import sys, adder.page.server.launch, adder.reader; print([m for m in sys.modules "
        "if m.startswith(('torchvision', 'matplotlib.pyplot', 'adder.data', 'adder.training'))])"
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
