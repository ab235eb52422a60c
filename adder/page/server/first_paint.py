"""What stands in the served HTML, before Gradio is loaded: the page's style, its title and a pad that draws.

The page brings the same style and scripts once more, so that it stands without this too, as in Gradio's SSR mode. Knows
neither Gradio nor the network.
"""

import json

from adder.page.payload import MAX_POINTS, SCALE
from adder.page.server.head import web_file

SCRIPTS = ("curve.js", "geometry.js", "history.js", "pointers.js", "pad.js", "first.js")
LIMITS = {"scale": SCALE, "points": MAX_POINTS}


def first_paint() -> str:
    """HTML for the start of the body."""
    scripts = "\n".join(web_file(name) for name in SCRIPTS)
    style = f"<style>{web_file('page.css')}</style>"
    return f"{style}\n{web_file('first.html')}<script>const limits = {json.dumps(LIMITS)};\n{scripts}</script>\n"
