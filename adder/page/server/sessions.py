"""Bounds what Gradio's queue keeps: it remembers two thousand sessions, and analyses every request.

The attributes are Gradio's own, of the version that requirements.txt names; test_hostile.py notices a change.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MAX_SESSIONS = 128  # twice the queue's length


class Sessions:
    """Those of a `gradio.queueing.Queue`. The oldest are forgotten first, none of which anything is under way."""

    def __init__(self, queue):
        self.queue = queue
        self.fetching: Counter[str] = Counter()
        queue.ANALYTICS_MAX_EVENTS = 1
        queue.ANAYLTICS_CACHE_FREQUENCY = float("inf")  # never a table of all requests after each request

    def knows(self, session: str) -> bool:
        return session in self.queue.pending_messages_per_session

    def backlog(self, session: str) -> int:
        """How many of the session's requests have no answer, or one that was not fetched."""
        return len(self.queue.pending_event_ids_session.get(session, ()))

    def admit(self, session: str | None = None) -> bool:
        """Makes room for a request of this session, None for a new one; False when too many are under way."""
        messages, events = self.queue.pending_messages_per_session, self.queue.pending_event_ids_session
        if session in messages:
            messages.move_to_end(session)
            return True
        busy = {event.session_hash for event in self.queue.event_ids_to_events.values()} | self.fetching.keys()
        idle = [known for known in messages if known not in busy]
        excess = max(0, len(messages) + 1 - MAX_SESSIONS)
        for old in idle[:excess]:
            del messages[old]
        for old in events.keys() - messages.keys() - busy:
            del events[old]
        return excess <= len(idle)

    @contextmanager
    def fetched(self, session: str) -> Iterator[None]:
        """While its answers are on their way, a session is not forgotten."""
        self.fetching[session] += 1
        try:
            yield
        finally:
            self.fetching[session] -= 1
            self.fetching += Counter()  # without those at 0
