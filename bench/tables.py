"""Figures as Markdown: tables, shares with their interval, mean and deviation."""

import statistics
from collections.abc import Iterable, Sequence


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]] = ()) -> None:
    """Prints the head, then each row as soon as `rows` yields it."""
    print_row(head)
    print(f"|{'---|' * len(head)}")
    for row in rows:
        print_row(row)


def print_row(cells: Sequence[str]) -> None:
    print(f"| {' | '.join(cells)} |".replace("  ", " "), flush=True)


def with_interval(right: int, count: int) -> str:
    """A share in percent, with its 95 % interval (Wilson 1927)."""
    from adder.training.evaluation import wilson_interval  # here: it imports torch

    low, high = wilson_interval(right, count)
    return f"{right / count:.2%} ({low:.2%} - {high:.2%})"


def mean_and_deviation(values: Sequence[float], *, places: int = 2, unit: str = " %") -> str:
    """Mean ± standard deviation; the mean alone for a single value, a dash where one is NaN."""
    if any(value != value for value in values):
        return "-"
    deviation = f" ± {statistics.stdev(values):.{places}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{places}f}{deviation}{unit}"
