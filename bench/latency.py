"""How soon does the page follow the pen? python -m bench.latency --help

Prints Markdown. Chromium draws digits of the validation writers with the mouse, at human speed, on a page served from
this machine. Measures the milliseconds from each pointer move to the frame that shows the reading with it: one request
is on its way at a time, so a move meanwhile waits for the next. Then moves the slider, and counts the frames until the
sum changes, and requests. Exits with 1 when a limit is missed.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench import command
from bench.browser import READY, chromium, draw
from bench.drawings import PadStrokes, validation_pad_strokes
from bench.server import serving
from bench.tables import print_table
from bench.visitors import FRAME_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COLUMNS = (
    *("round trip", "pointer moves", "median", "p95", "requests", "most at once"),
    "changes while the pen was down",
)
MAX_P95 = 33  # ms, without an added round trip
ROUND_TRIPS = (0, 400)  # ms, added to each request
WATCH_SCRIPT = """
const seen = (window.seen = { moves: 0, latencies: [], requests: 0, mostAtOnce: 0, whileDown: 0 });
let waiting = [], answered = [], underWay = 0, down = false;
addEventListener("pointerdown", () => (down = true), true);
addEventListener("pointerup", () => (down = false), true);
addEventListener("pointermove", (event) => {
  if (!down) return;
  seen.moves += 1;
  waiting.push(event.timeStamp);
}, true);
const realFetch = window.fetch;
window.fetch = async (...request) => {
  if (!String(request[0]?.url ?? request[0]).includes("component_server")) return realFetch(...request);
  const sent = waiting;
  waiting = [];
  seen.requests += 1;
  seen.mostAtOnce = Math.max(seen.mostAtOnce, ++underWay);
  try {
    return await realFetch(...request);
  } finally {
    underWay -= 1;
    answered.push(...sent);
  }
};
addEventListener("DOMContentLoaded", () =>
  new MutationObserver((changes) => {
    if (!answered.length || !changes.some(({ target }) => target.closest?.("#reading .row"))) return;
    const shown = answered;
    answered = [];
    if (down) seen.whileDown += 1;
    requestAnimationFrame(() => seen.latencies.push(...shown.map((moved) => performance.now() - moved)));
  }).observe(document.body, { subtree: true, attributes: true }),
);
"""


SLIDER_SCRIPT = """async () => {
  const [slider, sum] = ["#number-input", ".sum"].map((part) => document.querySelector(part));
  const { requests } = window.seen, frames = [];
  for (let round = 0; round < 50; round++) {
    const before = sum.textContent;
    slider.value = (Number(slider.value) + 1) % 10;
    slider.dispatchEvent(new Event("input"));
    let frame = 0;
    do {
      await new Promise(requestAnimationFrame);
      frame += 1;
    } while (sum.textContent === before && frame < 100);
    frames.push(frame);
  }
  return { frames: Math.max(...frames), requests: window.seen.requests - requests };
}"""


class Followed(NamedTuple):
    """How the page followed the pen and the slider."""

    latencies: list[float]  # ms, of each pointer move that was shown
    moves: int
    requests: int
    most_at_once: int  # requests
    while_down: int  # changes of the page while the pen was down
    slider_frames: int  # until the sum had changed, at most
    slider_requests: int


def follow(browser: "Browser", url: str, drawings: list[PadStrokes], round_trip: float = 0) -> Followed:
    """Draws on the page at `url`, then moves its slider; each request takes `round_trip` ms longer."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)  # ms: only a hang takes so long
    page.add_init_script(WATCH_SCRIPT)
    page.goto(url)
    page.wait_for_selector(READY)
    if round_trip:
        line = {"offline": False, "latency": round_trip, "downloadThroughput": -1, "uploadThroughput": -1}
        page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)
    for drawing in drawings:
        draw(page, drawing, pause=FRAME_SECONDS)
        page.wait_for_selector("#reading:not([data-state=empty])")
        page.keyboard.press("Escape")
        page.wait_for_selector("#reading[data-state=empty]")
    seen = page.evaluate("window.seen")
    page.get_by_role("button", name="Example: a drawn 7").click()
    page.wait_for_selector("#reading[data-digit='7']")
    slider = page.evaluate(SLIDER_SCRIPT)
    page.close()
    counts = (seen["moves"], seen["requests"], seen["mostAtOnce"], seen["whileDown"])
    return Followed(seen["latencies"], *counts, slider["frames"], slider["requests"])


def main() -> int:
    parser = command.parser("Milliseconds from a pointer move to the changed page, in Chromium.")
    parser.add_argument("--drawings", type=int, default=30, help="digits to draw (%(default)s)")
    flags = parser.parse_args()
    drawings = validation_pad_strokes()[:: 1500 // flags.drawings][: flags.drawings]
    with chromium() as browser, serving(flags.weights) as server:
        url = f"http://127.0.0.1:{server.port}"
        results = {round_trip: follow(browser, url, drawings, round_trip) for round_trip in ROUND_TRIPS}
    rows = []
    for round_trip, result in results.items():
        median, p95 = np.percentile(result.latencies, (50, 95))
        cells = [f"{round_trip} ms", f"{result.moves:,}", f"{median:.0f} ms", f"{p95:.0f} ms", f"{result.requests:,}"]
        rows.append([*cells, f"{result.most_at_once}", f"{result.while_down:,}"])
    print_table(COLUMNS, rows)
    frames = max(result.slider_frames for result in results.values())
    requests = sum(result.slider_requests for result in results.values())
    print(f"\nThe slider: the sum changes after {frames} frame at most, with {requests} requests.")
    is_slow = np.percentile(results[0].latencies, 95) > MAX_P95 or frames > 1
    return int(is_slow or requests > 0 or any(result.most_at_once > 1 for result in results.values()))


if __name__ == "__main__":
    command.run(main)
