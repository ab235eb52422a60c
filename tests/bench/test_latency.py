"""The page follows the pen; bench.latency holds the limit in milliseconds, on cores of its own."""

from bench import latency
from bench.drawings import validation_pad_strokes


def test_the_page_follows_the_pen(server, chromium):
    seen = latency.follow(chromium, server.url, validation_pad_strokes()[:2])
    assert seen.moves > 50 and len(seen.latencies) > seen.moves / 2 and seen.most_at_once == 1
    assert seen.requests <= seen.moves + 8 and seen.while_down > 0
    assert (seen.slider_frames, seen.slider_requests) == (1, 0)


def test_on_a_slow_line_it_asks_less_and_the_slider_stays_quick(server, chromium):
    seen = latency.follow(chromium, server.url, validation_pad_strokes()[:1], 400)
    assert min(seen.latencies) > 300 and seen.most_at_once == 1 and seen.requests < seen.moves / 3
    assert (seen.slider_frames, seen.slider_requests) == (1, 0)


def test_a_page_that_lags_is_noticed(server, chromium, monkeypatch):
    late = latency.WATCH_SCRIPT.replace(
        "return await real", "await new Promise((go) => setTimeout(go, 300)); return await real"
    )
    monkeypatch.setattr(latency, "WATCH_SCRIPT", late)
    seen = latency.follow(chromium, server.url, validation_pad_strokes()[:1])
    assert min(seen.latencies) > 300
