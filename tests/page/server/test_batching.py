import asyncio
import threading

import pytest

from adder.page.server.batching import MAX_BATCH, MicroBatcher


def test_questions_that_wait_are_answered_by_one_call():
    asked, go = [], threading.Event()

    def answer_all(questions):
        asked.append(questions)
        go.wait()
        return [question * 10 for question in questions]

    async def main():
        pads = MicroBatcher(answer_all)
        first = asyncio.create_task(pads.ask(0))
        while not asked:
            await asyncio.sleep(0)
        rest = [asyncio.create_task(pads.ask(each)) for each in range(1, MAX_BATCH + 4)]
        await asyncio.sleep(0)
        rest[1].cancel()  # a visitor goes
        go.set()
        return await first, await asyncio.gather(*rest, return_exceptions=True)

    first, rest = asyncio.run(main())
    assert first == 0 and [len(questions) for questions in asked] == [1, MAX_BATCH, 3]
    assert isinstance(rest.pop(1), asyncio.CancelledError)
    assert rest == [10 * each for each in range(1, MAX_BATCH + 4) if each != 2]


def test_nobody_waits_for_company():
    pads = MicroBatcher(lambda questions: [len(questions)] * len(questions))

    async def one_by_one():
        return [await pads.ask(each) for each in range(3)]

    assert asyncio.run(one_by_one()) == [1, 1, 1]


def test_a_bad_question_fails_alone():
    def halves(questions):
        if any(question % 2 for question in questions):
            raise ValueError(str(questions))
        return [question // 2 for question in questions]

    async def main():
        pads = MicroBatcher(halves)
        return await asyncio.gather(*map(pads.ask, (2, 3, 4)), return_exceptions=True)

    one, error, other = asyncio.run(main())
    assert (one, other) == (1, 2)
    with pytest.raises(ValueError, match=r"\[3\]"):
        raise error
