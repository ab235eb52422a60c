"""The tables of docs/results.md are what the commands print from the shipped records."""

import pytest

from bench import reproduction, seeds
from tests.conftest import ROOT


@pytest.mark.parametrize("command", (reproduction, seeds))
def test_the_readme_shows_what_the_records_say(command, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench"])
    command.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(rows) > 5 and set(rows) <= set((ROOT / "docs/results.md").read_text(encoding="utf-8").splitlines())
