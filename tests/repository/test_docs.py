"""The README fits a screen, links lead somewhere, and the programs in it run as written."""

import re
import subprocess
import sys

import pytest

from tests.machine import ROOT

PAGES = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md"))


def test_the_readme_fits():
    _, _, body = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    assert len(body.splitlines()) <= 160
    rows = [line for line in body.split("## What it can do")[1].split("##")[0].splitlines() if line.startswith("|")]
    assert len(rows) - 2 <= 12


def test_the_tree_names_what_is_there():
    [tree] = re.findall(r"## The tree\n\n```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    named = {ROOT / ("adder" if line.startswith("  ") else "") / line.split()[0] for line in tree.splitlines()}
    assert [path for path in named if not path.exists()] == []
    assert {face.parent for face in ROOT.glob("adder/*/__init__.py")} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)", text) + re.findall(r'src="([^"]+)"', text)
    lost = [each for each in targets if "://" not in each and not (page.parent / each).exists()]
    named = re.findall(r"`((?:adder|bench|tests|weights|docs)/[\w./-]*)`", text)
    assert lost + [each for each in named if not (ROOT / each).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/programs.md"])
def test_the_programs_run_as_written(page, server):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)
    assert blocks
    for block in blocks:
        code = block.replace("http://127.0.0.1:7860", server.url)
        ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300)
        [promised] = re.findall(r"print\(.*\)  # (.*)", block)
        assert ran.stdout.strip().endswith(promised), ran.stderr
