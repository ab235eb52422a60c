"""Limits what Gradio's queue keeps. Without it, the queue remembers two thousand sessions and analyses every request.

The attributes are Gradio's own, of the version that requirements.txt names; test_hostile.py notices a change.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MAX_QUEUE_SESSIONS = 128  # twice the requests of programs that may wait (32) or run (32)


class Sessions:
    """The sessions of a `gradio.queueing.Queue`. It forgets the oldest first, but none with an unanswered request."""

    def __init__(self, queue):
        self.queue = queue
        self.pins: Counter[str] = Counter()
        queue.ANALYTICS_MAX_EVENTS = 1
        queue.ANAYLTICS_CACHE_FREQUENCY = float("inf")  # else it makes a table of all requests after each one

    def knows(self, session: str) -> bool:
        return session in self.queue.pending_messages_per_session

    def backlog(self, session: str) -> int:
        """How many requests of the session have no answer yet, or one that was not fetched."""
        return len(self.queue.pending_event_ids_session.get(session, ()))

    def admit(self, session: str | None = None) -> bool:
        """Makes room for a request of this session, None for a new one. False if too many have unanswered requests."""
        messages, events = self.queue.pending_messages_per_session, self.queue.pending_event_ids_session
        if session in messages:
            messages.move_to_end(session)
            return True
        busy = {event.session_hash for event in self.queue.event_ids_to_events.values()} | self.pins.keys()
        idle = [session for session in messages if session not in busy]
        excess = max(0, len(messages) + 1 - MAX_QUEUE_SESSIONS)
        for oldest in idle[:excess]:
            del messages[oldest]
        for forgotten in events.keys() - messages.keys() - busy:
            del events[forgotten]
        return excess <= len(idle)

    @contextmanager
    def pinned(self, session: str) -> Iterator[None]:
        """Inside the block, the session is not forgotten: its answers are being fetched."""
        self.pins[session] += 1
        try:
            yield
        finally:
            self.pins[session] -= 1
            self.pins += Counter()  # removes those at 0
