"""How soon does the page follow the pen? python -m bench.latency --help. Ends with 1 when the bar is missed.

Chromium draws digits of the validation writers by mouse, at human speed, on the page of a server on loopback. For each
pointer move: the milliseconds until the frame that shows a reading which knows of it. One request is on its way at a
time, so a move that comes meanwhile waits for the next.
"""

from typing import NamedTuple

import numpy as np
from playwright.sync_api import Browser, expect, sync_playwright

from bench import load, shared
from bench.shared import Strokes, chromium, draw, serving, validation_drawings

COLUMNS = (
    *("pointer moves", "median", "p95", "requests", "at once, at most"),
    "changes while the pen was down",
)
BAR = 60  # ms, 95th percentile
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


class Followed(NamedTuple):
    """What a browser saw while digits were drawn."""

    taken: list[float]  # ms, of each pointer move that was shown
    moves: int
    requests: int
    most: int  # requests under way at once
    while_down: int  # changes of the page while the pen was down


def follow(browser: Browser, url: str, drawings: list[Strokes]) -> Followed:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_selector(shared.READY)
    for drawing in drawings:
        draw(page, drawing, pause=load.FRAME)
        expect(page.locator("#reading")).not_to_have_attribute("data-state", "empty")
        page.keyboard.press("Escape")
        expect(page.locator("#reading")).to_have_attribute("data-state", "empty")
    seen = page.evaluate("window.seen")
    page.close()
    return Followed(seen["taken"], seen["moves"], seen["requests"], seen["most"], seen["whileDown"])


def main() -> int:
    parser = shared.parser("Milliseconds from a pointer move to the changed page, in Chromium.")
    parser.add_argument("--drawings", type=int, default=30, help="digits to draw (%(default)s)")
    flags = parser.parse_args()
    drawings = validation_drawings(flags.data_dir)[:: 1500 // flags.drawings][: flags.drawings]
    with serving(flags.weights) as server, sync_playwright() as playwright, chromium(playwright) as browser:
        met = follow(browser, f"http://127.0.0.1:{server.port}", drawings)
    median, slow = np.percentile(met.taken, (50, 95))
    cells = [f"{met.moves:,}", f"{median:.0f} ms", f"{slow:.0f} ms", f"{met.requests:,}", f"{met.most}"]
    shared.print_table(COLUMNS, [[*cells, f"{met.while_down:,}"]])
    return int(slow > BAR or met.most > 1)


if __name__ == "__main__":
    raise SystemExit(main())
