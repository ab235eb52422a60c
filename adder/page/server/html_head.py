"""The head of the served HTML, the preview picture that links show, and the headers of every response.

It replaces Gradio's own head, which describes Gradio and has broken links.
"""

import gzip
import re
from html import escape
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse

WEB = Path(__file__).parents[1] / "web"
TITLE = "Draw a digit, add a number"
DESCRIPTION = "Draw a digit, pick a number: a small neural network reads both and adds them, while you draw."
PREVIEW = "/preview.png"  # 1200 x 630 px, as sites that show links expect
HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin"}
OLD_TAGS = re.compile(rb"""<title>.*?</title>|<meta\s+(?:property="og:|name="(?:twitter:|description"))[^>]*>""", re.S)
BODY = re.compile(rb"<body[^>]*>")
HOST = re.compile(r"[\w.-]{1,255}(:\d{1,5})?|\[[\da-fA-F:.]{2,45}\](:\d{1,5})?", re.ASCII)
# The page is in English, but Gradio sets the language of the browser.
LANGUAGE_SCRIPT = """<script>
const root = document.documentElement, english = () => root.lang === "en" || (root.lang = "en");
new MutationObserver(english).observe(root, { attributeFilter: ["lang"] });
</script>"""


def with_headers(app):
    """The ASGI `app` with HEADERS on each response, also those of Gradio's outermost middleware."""

    async def app_with_headers(scope, receive, send) -> None:
        async def send_with_headers(message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", [])))
                headers.update(HEADERS)
                if Headers(scope=scope).get("host", "").startswith("["):  # Gradio's strict CORS does not know IPv6
                    del headers["access-control-allow-origin"]
                message = message | {"headers": headers.raw}
            await send(message)

        await app(scope, receive, send_with_headers)

    return app_with_headers


def web_file(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


class Head:
    """An ASGI middleware around the gate, which changes the HTML of the page.

    `root_path` is the page's path on its host, '' at the top. `first` is HTML for the start of the body.
    """

    def __init__(self, app, *, root_path: str = "", first: str = ""):
        self.app = app
        self.root_path = root_path
        self.first = first.encode()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        kept: list[dict] = []  # the HTML's messages, until the last one: the first must name the new length

        async def send_changed(message) -> None:
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if scope["path"] == "/" and kind.startswith("text/html"):
                    kept.append(message)
                    return
            elif kept:
                kept.append(message)
                if message.get("more_body"):
                    return
                html = self.replace_head(b"".join(part.get("body", b"") for part in kept[1:]), scope)
                headers = MutableHeaders(raw=kept[0]["headers"])
                headers["vary"] = "accept-encoding"
                if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
                    html = gzip.compress(html, mtime=0)
                    headers["content-encoding"] = "gzip"
                headers["content-length"] = str(len(html))
                await send(kept[0] | {"headers": headers.raw})
                message = {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else html}
            await send(message)

        if scope["path"] == PREVIEW and scope["method"] in ("GET", "HEAD"):
            await FileResponse(WEB / "preview.png")(scope, receive, send_changed)
            return
        await self.app(scope, receive, send_changed)

    def replace_head(self, html: bytes, scope) -> bytes:
        """Gradio's HTML with the page's title, description and preview instead of Gradio's."""
        url = escape(self.address(scope))
        properties = {
            "og:title": TITLE,
            "og:description": DESCRIPTION,
            "og:type": "website",
            "og:url": f"{url}/",
            "og:image": f"{url}{PREVIEW}",
            "twitter:card": "summary_large_image",
        }
        metas = [f'<meta property="{name}" content="{content}" />' for name, content in properties.items()]
        metas += [f'<meta name="description" content="{DESCRIPTION}" />', '<link rel="icon" href="favicon.ico" />']
        tags = [f"<title>{TITLE}</title>", *metas, LANGUAGE_SCRIPT]
        start, head, rest = OLD_TAGS.sub(b"", html).partition(b"<head>")
        rest = BODY.sub(lambda body: body[0] + self.first, rest, 1)
        return start + head + "\n".join(["", *tags]).encode() + rest

    def address(self, scope) -> str:
        """The page's address as its visitor typed it, from the request's headers; `root_path` if they name no host."""
        if "://" in self.root_path:
            return self.root_path
        headers = Headers(scope=scope)
        # Each proxy may append its own host; the first is the visitor's.
        host = (headers.get("x-forwarded-host") or headers.get("host", "")).partition(",")[0].strip()
        scheme = (headers.get("x-forwarded-proto") or scope["scheme"]).partition(",")[0].strip()
        if not HOST.fullmatch(host) or scheme not in ("http", "https"):
            return self.root_path
        return f"{scheme}://{host}{self.root_path}"
