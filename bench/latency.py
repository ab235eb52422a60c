"""How soon does the page follow the pen? python -m bench.latency --help. Ends with 1 when the bar is missed.

Chromium draws digits of the validation writers by mouse, at human speed, on the page of a server on loopback. For each
pointer move: the milliseconds until the frame that shows a reading which knows of it. One request is on its way at a
time, so a move that comes meanwhile waits for the next. And the slider: frames until the sum has changed, and requests.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench import load, shared
from bench.shared import Strokes, chromium, draw, serving, validation_drawings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COLUMNS = (
    *("round trip", "pointer moves", "median", "p95", "requests", "at once, at most"),
    "changes while the pen was down",
)
BAR = 33  # ms, 95th percentile, on loopback
ROUND_TRIPS = (0, 400)  # ms, beside what loopback takes
WATCH = """
const seen = (window.seen = { moves: 0, taken: [], requests: 0, most: 0, whileDown: 0 });
let waiting = [], answered = [], under = 0, down = false;
addEventListener("pointerdown", () => (down = true), true);
addEventListener("pointerup", () => (down = false), true);
addEventListener("pointermove", (event) => {
  if (!down) return;
  seen.moves += 1;
  waiting.push(event.timeStamp);
}, true);
const real = window.fetch;
window.fetch = async (...asked) => {
  if (!String(asked[0]?.url ?? asked[0]).includes("component_server")) return real(...asked);
  const asking = waiting;
  waiting = [];
  seen.requests += 1;
  seen.most = Math.max(seen.most, ++under);
  try {
    return await real(...asked);
  } finally {
    under -= 1;
    answered.push(...asking);
  }
};
addEventListener("DOMContentLoaded", () =>
  new MutationObserver((changes) => {
    if (!answered.length || !changes.some(({ target }) => target.closest?.("#reading .row"))) return;
    const shown = answered;
    answered = [];
    if (down) seen.whileDown += 1;
    requestAnimationFrame(() => seen.taken.push(...shown.map((moved) => performance.now() - moved)));
  }).observe(document.body, { subtree: true, attributes: true }),
);
"""


SLIDE = """async () => {
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
  return { most: Math.max(...frames), requests: window.seen.requests - requests };
}"""


class Followed(NamedTuple):
    """What a browser saw while digits were drawn."""

    taken: list[float]  # ms, of each pointer move that was shown
    moves: int
    requests: int
    most: int  # requests under way at once
    while_down: int  # changes of the page while the pen was down
    frames: int  # until the sum had followed the slider, at most
    slid: int  # requests meanwhile


def follow(browser: "Browser", url: str, drawings: list[Strokes], round_trip: float = 0) -> Followed:
    """The page at `url`, with so many ms between a request and its answer."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)  # ms: only a hang takes so long
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_selector(shared.READY)
    if round_trip:
        line = {"offline": False, "latency": round_trip, "downloadThroughput": -1, "uploadThroughput": -1}
        page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)
    for drawing in drawings:
        draw(page, drawing, pause=load.FRAME)
        page.wait_for_selector("#reading:not([data-state=empty])")
        page.keyboard.press("Escape")
        page.wait_for_selector("#reading[data-state=empty]")
    seen = page.evaluate("window.seen")
    page.get_by_role("button", name="Example: a drawn 7").click()
    page.wait_for_selector("#reading[data-digit='7']")
    slid = page.evaluate(SLIDE)
    page.close()
    counts = (seen["moves"], seen["requests"], seen["most"], seen["whileDown"])
    return Followed(seen["taken"], *counts, slid["most"], slid["requests"])


def main() -> int:
    parser = shared.parser("Milliseconds from a pointer move to the changed page, in Chromium.")
    parser.add_argument("--drawings", type=int, default=30, help="digits to draw (%(default)s)")
    flags = parser.parse_args()
    drawings = validation_drawings(flags.data_dir)[:: 1500 // flags.drawings][: flags.drawings]
    met = {}
    with chromium() as browser, serving(flags.weights) as server:
        for round_trip in ROUND_TRIPS:
            met[round_trip] = follow(browser, f"http://127.0.0.1:{server.port}", drawings, round_trip)
    rows = []
    for round_trip, each in met.items():
        median, slow = np.percentile(each.taken, (50, 95))
        cells = [f"{round_trip} ms", f"{each.moves:,}", f"{median:.0f} ms", f"{slow:.0f} ms", f"{each.requests:,}"]
        rows.append([*cells, f"{each.most}", f"{each.while_down:,}"])
    shared.print_table(COLUMNS, rows)
    frames, slid = max(each.frames for each in met.values()), sum(each.slid for each in met.values())
    print(f"\nThe slider: the sum has changed after {frames} frame at most, with {slid} requests.")
    too_slow = np.percentile(met[0].taken, 95) > BAR or frames > 1
    return int(too_slow or slid > 0 or any(each.most > 1 for each in met.values()))


if __name__ == "__main__":
    shared.run(main)
