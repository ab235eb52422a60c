"""Answers the questions of several visitors in one call."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from anyio import to_thread

MAX_BATCH = 64  # questions in a call


class MicroBatcher:
    """`await ask(question)` returns the answer that `answer_all` gives it; `answer_all` maps a list to a list.

    A call runs in a thread. It starts as soon as the one before it ends, with the questions that came
    meanwhile, MAX_BATCH at most. If it raises, each question is asked alone, so that a bad one fails alone. Use a
    MicroBatcher in one event loop only.
    """

    def __init__(self, answer_all: Callable[[list], list]):
        self.answer_all = answer_all
        self.waiting: list[tuple[Any, asyncio.Future]] = []
        self.calls: asyncio.Task | None = None

    async def ask(self, question: Any) -> Any:
        future = asyncio.get_running_loop().create_future()
        self.waiting.append((question, future))
        if self.calls is None or self.calls.done():
            self.calls = asyncio.create_task(self.call())
        return await future

    async def call(self) -> None:
        while batch := self.waiting[:MAX_BATCH]:
            del self.waiting[:MAX_BATCH]
            questions, futures = zip(*batch, strict=True)
            for future, (answer, error) in zip(futures, await to_thread.run_sync(self.answer, questions), strict=True):
                if future.done():  # the visitor has left
                    continue
                if error:
                    future.set_exception(error)
                else:
                    future.set_result(answer)

    def answer(self, questions: Sequence) -> list[tuple[Any, Exception | None]]:
        try:
            return [(answer, None) for answer in self.answer_all(list(questions))]
        except Exception as error:
            if len(questions) == 1:
                return [(None, error)]
            return [self.answer([question])[0] for question in questions]
