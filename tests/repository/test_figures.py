"""The figures in the tables of README.md, docs/results.md and weights/README.md are those that docs/figures.json holds.

A row's command stands in its last cell, or else before its table, in the same section: `python -m bench.NAME`.
"""

import re
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import pytest

from bench import figures, test
from tests.machine import ROOT
from tests.repository.imports import imports

COMMAND = r"`(python\s+-m\s+bench\.[^`]+)`"
FIGURE = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?!\w|\.\d)(?: ?(%|(?:ms|s|MB)\b))?")  # not in 95th or 28x28


class Claim(NamedTuple):
    """A row of a page, and the command that prints its figures."""

    page: str
    command: str
    label: str
    text: str


def claims(page: str, text: str) -> Iterator[Claim]:
    for section in re.split(r"^#+ .*$", text, flags=re.M):
        command = None
        for table, named in re.findall(rf"((?:^\|.*\n?)+)|{COMMAND}", section, re.M):
            if named:
                command = " ".join(named.split())
                continue
            [parsed], _ = figures.tables_and_text(table.splitlines())
            for label, *cells in parsed["rows"]:
                own = re.fullmatch(COMMAND, cells[-1])
                if own or command:
                    yield Claim(page, own[1] if own else command, label, " | ".join(cells[:-1] if own else cells))


def figures_in(text: str) -> list[tuple[Decimal, str]]:
    return [(Decimal(number.replace(",", "")), unit) for number, unit in FIGURE.findall(text)]


def is_rounded(claimed: tuple[Decimal, str], printed: tuple[Decimal, str]) -> bool:
    """Is the claimed figure the printed one, with as many decimals or fewer? A unit counts where both have one."""
    (claim, unit), (value, other) = claimed, printed
    places = claim.as_tuple().exponent
    is_near = value.as_tuple().exponent <= places and 2 * abs(value - claim) <= Decimal(1).scaleb(places)
    return is_near and (unit == other or not (unit and other))


def unprinted(claim: Claim, record: dict) -> list[str]:
    """The figures of a claim that its command did not print; in the rows of the same name, where it printed such."""
    rows = [row for table in record["tables"] for row in table["rows"]]
    named = [row[1:] for row in rows if row[0] == claim.label]
    printed = figures_in(" | ".join(cell for row in named or [*rows, record["text"]] for cell in row))
    return [
        f"{number} {unit}".strip()
        for number, unit in figures_in(claim.text)
        if not any(is_rounded((number, unit), each) for each in printed)
    ]


PAGES = {
    page: (ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/results.md", "weights/README.md")
}
CLAIMS = [claim for page, text in PAGES.items() for claim in claims(page, text)]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.page}: {claim.label}")
def test_a_figure_is_what_its_command_printed(claim):
    record = figures.load().get(claim.command)
    name = claim.command.removeprefix("python -m bench.")
    if record is None and name == "test" and not test.LEDGER.exists():
        pytest.skip("figures of the test split: docs/test_ledger.csv is not there yet")
    if record is None:
        pytest.xfail(f"docs/figures.json has no output of `{claim.command}`: make figures ARGS={name}")
    assert unprinted(claim, record) == [], f"`{claim.command}` did not print these"


def test_each_row_of_the_readme_names_its_command():
    rows = re.findall(r"^\|(?!-| How).*\|$", PAGES["README.md"], re.M)
    assert len(rows) == len([claim for claim in CLAIMS if claim.page == "README.md"]) > 0


@pytest.mark.parametrize("command", figures.load())
def test_a_figure_is_as_new_as_what_it_measures(command):
    """An old figure does not fail; the summary marks it."""
    commit = figures.load()[command]["commit"]
    paths = figures.measured(command.removeprefix("python -m bench."))
    compared = ["git", "diff", "--name-only", commit.removesuffix("-dirty"), "--", *paths]
    changed = subprocess.run(compared, cwd=ROOT, capture_output=True, encoding="utf-8")
    if not commit or changed.returncode:
        pytest.skip("figures: no git here, or not the commit at which they were measured")
    if changed.stdout or commit.endswith("-dirty"):
        since = ", ".join(changed.stdout.split()) or "uncommitted changes"
        pytest.xfail(f"`{command}` was measured at {commit[:12]}, before {since}: make figures")


@pytest.mark.skipif(not test.LEDGER.exists(), reason="figures of the test split: no docs/test_ledger.csv yet")
def test_the_figures_of_the_test_split_are_the_ledger_s():
    assert figures.load()["python -m bench.test"] == test.from_ledger(test.LEDGER, figures.SHIPPED)


@pytest.mark.parametrize("name", figures.COMMANDS)
def test_a_bench_is_measured_with_all_that_it_imports(name):
    """Otherwise its figures would not grow old with that."""
    paths = [path for pattern in figures.measured(name) for path in ROOT.glob(pattern)]
    modules = [each for each in imports(ROOT / "bench" / f"{name}.py") if each.startswith("adder.")]
    used = [path for each in modules if (path := ROOT / f"{each.replace('.', '/')}.py").exists()]
    indifferent = {ROOT / "adder/files.py", ROOT / "adder/training/report.py"}
    assert [each for each in used if not {each, *each.parents} & {*paths, *indifferent}] == []


PAGE = """
## What we measured

| How well does it ... | | command |
|---|---|---|
| read? | 98.6 ± 0.12 %, 1,004 of them, 22 ms at the 95th percentile | `python -m bench.one` |

`python -m
bench.two` prints:

| | right |
|---|---|
| photos | 96.00% (86.54% - 98.90%) |
| all | 41 |

## Not measured

| file | lines |
|---|---|
| a | 12 |
"""
RECORD = {
    "tables": [{"head": ["", ""], "rows": [["photos", "96.00% (86.54% - 98.90%)"], ["rest", "98.63 ± 0.12 %, 41"]]}],
    "text": ["1004 moves, 21.6 ms"],
}


def test_claims_are_the_rows_with_a_command():
    one, photos, whole = claims("a.md", PAGE)
    assert [one.command, photos.command, whole.command] == ["python -m bench.one", *["python -m bench.two"] * 2]
    assert figures_in(one.text) == [
        (Decimal(n), u) for n, u in (("98.6", ""), ("0.12", "%"), ("1004", ""), ("22", "ms"))
    ]
    assert [unprinted(claim, RECORD) for claim in (one, photos, whole)] == [[], [], []]


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("98.6 ±", "98.7 ±"),
        ("98.6 ±", "98.630 ±"),  # more decimals than were printed
        ("0.12 %", "0.13 %"),
        ("1,004", "1,005"),
        ("22 ms", "21 ms"),
        ("22 ms", "22 %"),
        ("96.00%", "98.63%"),  # of another row
        ("86.54%", "86.55%"),
        ("41", "42"),
    ],
)
def test_a_wrong_figure_is_found(right, wrong):
    assert PAGE.count(right) == 1
    found = [figure for claim in claims("a.md", PAGE.replace(right, wrong)) for figure in unprinted(claim, RECORD)]
    assert found == [wrong.replace("%", " %").replace("  ", " ").removesuffix(" ±").replace(",", "")]
