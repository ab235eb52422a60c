"""Questions that wait for one another anyway, answered together by one call in a thread. Knows not what they are."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from anyio import to_thread

MOST = 64  # questions in a call


class MicroBatcher:
    """`await ask(question)` gives what `answer_all` of a list of questions gives it in a list of answers.

    Nobody waits for company: a call begins as soon as the one before is over, with all who came meanwhile. Should it
    raise, each is asked alone, so that one bad question is nobody else's trouble. To be used in one event loop.
    """

    def __init__(self, answer_all: Callable[[list], list]):
        self.answer_all = answer_all
        self.waiting: list[tuple[Any, asyncio.Future]] = []
        self.calls: asyncio.Task | None = None

    async def ask(self, question: Any) -> Any:
        answer = asyncio.get_running_loop().create_future()
        self.waiting.append((question, answer))
        if self.calls is None or self.calls.done():
            self.calls = asyncio.create_task(self.call())
        return await answer

    async def call(self) -> None:
        while asked := self.waiting[:MOST]:
            del self.waiting[:MOST]
            questions, places = zip(*asked, strict=True)
            for place, (answer, error) in zip(places, await to_thread.run_sync(self.answer, questions), strict=True):
                if place.done():  # who asked has gone
                    continue
                if error:
                    place.set_exception(error)
                else:
                    place.set_result(answer)

    def answer(self, questions: Sequence) -> list[tuple[Any, Exception | None]]:
        try:
            return [(answer, None) for answer in self.answer_all(list(questions))]
        except Exception as error:
            if len(questions) == 1:
                return [(None, error)]
            return [self.answer([question])[0] for question in questions]
