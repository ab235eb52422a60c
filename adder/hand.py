"""The names that corrections had before version 1.1. Each warns; all go with version 1.2."""

import warnings
from typing import Any

from adder.corrections import MAX_CORRECTIONS as MOST
from adder.corrections import Correction as Lesson
from adder.corrections import Corrections, as_json

__all__ = ["MOST", "Hand", "Lesson", "as_json"]


class Hand(Corrections):
    """`adder.corrections.Corrections` under its earlier name."""

    def __init__(self, reader, lessons=()):
        warnings.warn("adder.hand.Hand is now adder.corrections.Corrections", DeprecationWarning, stacklevel=2)
        super().__init__(reader, lessons)

    @property
    def lessons(self) -> list[Lesson]:
        return self.kept

    def learn(self, drawing: Any, digit: int | None) -> Lesson:
        return self.add(drawing, digit)

    def forget(self, index: int) -> None:
        self.remove(index)

    @classmethod
    def of(cls, reader, lessons: Any) -> "Corrections":
        return cls.from_json(reader, lessons)
