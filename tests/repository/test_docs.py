"""The README's tree is the tree, links lead somewhere, and the programs in the docs run as written."""

import re
import subprocess
import sys

import pytest

from tests.machine import ROOT

PAGES = [page for folder in (".", "docs", "weights") for page in sorted((ROOT / folder).glob("*.md"))]


def test_the_tree_names_what_is_there():
    [tree] = re.findall(r"## The tree\n\n```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    named = {ROOT / ("adder" if line.startswith("  ") else "") / line.split()[0] for line in tree.splitlines()}
    assert [path for path in named if not path.exists()] == []
    assert {face.parent for face in ROOT.glob("adder/*/__init__.py")} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_paths_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)", text) + re.findall(r'src="([^"]+)"', text)
    lost = [each for each in targets if "://" not in each and not (page.parent / each).exists()]
    named = re.findall(r"`((?:adder|bench|tests|weights|docs)/[\w./-]*)`", text)
    assert lost + [each for each in named if not (ROOT / each).exists()] == []


@pytest.mark.parametrize("page", ["docs/programs.md", "weights/README.md"])
def test_the_programs_run_as_written(page, server):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)
    assert blocks
    for block in blocks:
        code = block.replace("http://127.0.0.1:7860", server.url)
        ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300)
        [promised] = re.findall(r"print\(.*\)  # (.*)", block)
        assert ran.stdout.strip().endswith(promised), ran.stderr
