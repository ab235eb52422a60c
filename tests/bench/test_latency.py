"""The page follows the pen; the bar on milliseconds is bench.latency's, on cores of its own."""

from bench import latency, shared


def test_the_page_follows_the_pen(server, chromium, data_dir):
    met = latency.follow(chromium, server.url, shared.validation_drawings(data_dir)[:2])
    assert met.moves > 50 and len(met.taken) > met.moves / 2 and met.most == 1
    assert met.requests <= met.moves + 8 and met.while_down > 0
    assert (met.frames, met.slid) == (1, 0)


def test_on_a_slow_line_it_asks_less_and_the_slider_stays_quick(server, chromium, data_dir):
    met = latency.follow(chromium, server.url, shared.validation_drawings(data_dir)[:1], 400)
    assert min(met.taken) > 300 and met.most == 1 and met.requests < met.moves / 3
    assert (met.frames, met.slid) == (1, 0)


def test_a_page_that_lags_is_noticed(server, chromium, data_dir, monkeypatch):
    late = latency.WATCH.replace(
        "return await real", "await new Promise((go) => setTimeout(go, 300)); return await real"
    )
    monkeypatch.setattr(latency, "WATCH", late)
    met = latency.follow(chromium, server.url, shared.validation_drawings(data_dir)[:1])
    assert min(met.taken) > 300
