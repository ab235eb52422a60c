"""Bounds what Gradio's queue keeps: it remembers every session that ever asked, and analyses every request.

The attributes are Gradio's own, of the version that requirements.txt names; tests/test_hostile.py notices a change.
"""

from collections import OrderedDict

MAX_SESSIONS = 128  # twice the queue's length: none that waits is forgotten


class Recent(OrderedDict):
    """Forgets what was longest unused, beyond MAX_SESSIONS entries."""

    def __getitem__(self, key):
        self.move_to_end(key)
        return super().__getitem__(key)

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        if len(self) > MAX_SESSIONS:
            self.popitem(last=False)


def bound(queue) -> None:
    """Bounds a `gradio.queueing.Queue`, before it is asked anything."""
    queue.pending_messages_per_session = Recent()
    queue.pending_event_ids_session = Recent()
    queue.ANALYTICS_MAX_EVENTS = 1
    queue.ANAYLTICS_CACHE_FREQUENCY = float("inf")  # never a table of all requests after each request


def is_known(queue, session: str) -> bool:
    return session in queue.pending_messages_per_session


def backlog(queue, session: str) -> int:
    """How many of the session's requests have no answer, or one that was not fetched."""
    return len(queue.pending_event_ids_session.get(session, ()))
