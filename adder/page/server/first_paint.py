"""What stands in the served HTML, before Gradio is loaded: the page's style, its title and a pad that draws.

The page brings the same style and script once more, so that it works without this too, as in Gradio's SSR mode. Knows
neither Gradio nor the network.
"""

import json

from adder.drawing import curves
from adder.page.payload import MAX_POINTS, SCALE
from adder.page.server.bundle import bundle
from adder.page.server.html_head import web_file

PAD = {  # what the pad's scripts share with Python
    "scale": SCALE,
    "points": MAX_POINTS,
    "curve": {"roundness": curves.ROUNDNESS, "bends": curves.BEND_COSINES, "beside": curves.BEND_BONUS},
}


def first_paint() -> str:
    """HTML for the start of the body."""
    script = bundle("first_paint.js", call=f"openFirstPad({json.dumps(PAD)});")
    style = f"<style>{web_file('page.css')}</style>"
    return f"{style}\n{web_file('first_paint.html')}<script>(() => {{\n{script}\n}})();</script>\n"
