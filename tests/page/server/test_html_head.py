"""What others see of the page: its head and headers, under a sub-path, and in a frame on another site."""

import http.client
import re
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.browser.pad import DESKTOP, DRAWN, draw, expect_reading, on_pad
from tests.nginx import lines_of, nginx, nginx_program
from tests.photos import photographed, saved
from tests.servers import Server


def get(port, path="/", method="GET", **headers):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()


def metas(html: bytes) -> dict[str, str]:
    found = re.findall(r'<meta\s+(?:property|name)="([\w:]+)"\s+content="([^"]*)"', html.decode())
    assert len(found) == len(dict(found)), "each once"
    return dict(found)


@pytest.mark.parametrize(
    "proxied",
    [
        {"Host": "draw.example", "X_Forwarded_Proto": "https"},
        {"X_Forwarded_Host": "draw.example, inner:7860", "X_Forwarded_Proto": "https,http"},  # two proxies
    ],
)
def test_a_shared_address_previews_as_ours(server, proxied):
    answer, html = get(server.port, **proxied)
    told = metas(html)
    assert b"<title>Draw a digit, add a number</title>" in html and b"Gradio - " not in html and b"{url}" not in html
    assert told["og:title"] == "Draw a digit, add a number" and "add" in told["og:description"]
    assert (told["og:url"], told["og:image"]) == ("https://draw.example/", "https://draw.example/preview.png")
    assert int(answer.headers["Content-Length"]) == len(html)
    picture, png = get(server.port, "/preview.png")
    assert picture.status == 200 and picture.headers["Content-Type"] == "image/png" and png.startswith(b"\x89PNG")


@pytest.mark.parametrize("host", ['"><script>alert(1)</script>', "a b", "x" * 300])
def test_a_host_that_is_none_is_not_repeated(server, host):
    answer, html = get(server.port, X_Forwarded_Host=host)
    assert answer.status == 200 and metas(html)["og:url"] == "/" and b"<script>alert" not in html


@pytest.mark.parametrize("path, status", [("/", 200), ("/config", 200), ("/nowhere", 404), ("/theme.css", 200)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_has_the_headers(server, path, status, method):
    answer, body = get(server.port, path, method)
    assert answer.status == status or (method, answer.status) == ("HEAD", 405)
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] is None, "a Space shows the page in a frame"
    assert method == "GET" or body == b""


def test_the_answer_to_a_preflight_has_them_too(server):
    asked = {"Origin": "http://elsewhere.example", "Access_Control_Request_Method": "POST"}
    answer, _ = get(server.port, "/gradio_api/queue/join", "OPTIONS", **asked)
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Access-Control-Allow-Origin"] is None


def test_the_page_stays_english(visit):
    page = visit(**DESKTOP, locale="de-DE")
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "Draw a digit, add a number"


@pytest.fixture
def below(tmp_path, weights):
    """The page under /digit/, by nginx."""
    nginx_program()
    server = Server(weights, "--root-path", "/digit")
    location = lines_of("docs/serving.md", "location /digit/").replace("7860", str(server.port))
    with nginx(tmp_path, f"server {{ listen 80; {location} }}") as port:
        yield f"http://127.0.0.1:{port}/digit/"
    server.stop()


def test_under_a_sub_path_it_reads_and_shares(chromium, below):
    from gradio_client import Client

    context = chromium.new_context(**DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    page, complaints = context.new_page(), []
    page.on(
        "console", lambda message: message.type == "error" and complaints.append(f"{message.text} {message.location}")
    )
    page.on("response", lambda response: response.status >= 400 and complaints.append(response.url))
    page.goto(below)
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".words")).to_contain_text("Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(below) and "#1.5." in link
    other = context.new_page()
    other.goto(link)
    expect_reading(other, 7, 5)
    context.close()
    assert complaints == []
    answer = Client(below, verbose=False).predict(drawing=[[[20, 10], [80, 10], [40, 90]]], number=5, api_name="/read")
    assert (answer["digit"], answer["sum"]) == (7, 12)


@pytest.fixture
def framed(server):
    """Another site, which shows the page in a frame as a Space does: two ports are two origins."""
    leave = " ".join(f"allow-{what}" for what in ("downloads", "forms", "modals", "popups", "same-origin", "scripts"))
    frame = f'<iframe sandbox="{leave}" src="{server.url}" width="1200" height="780"></iframe>'
    outer = f"<!doctype html>{frame}".encode()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(outer)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever).start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.shutdown()


def test_in_a_frame_it_reads_and_gives_its_link_and_picture(chromium, framed, rng):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(framed)
    frame = page.frame_locator("iframe")
    for stroke in on_pad(frame, DRAWN[7]):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(x, y)
        page.mouse.up()
    expect(frame.locator("#reading")).to_have_attribute("data-sum", "12")
    frame.get_by_role("button", name="Copy link").click()
    field = frame.get_by_label("The link, for you to copy")
    expect(field).to_be_visible()
    link = field.input_value()
    assert "#1.5." in link
    assert field.evaluate("each => each.selectionEnd - each.selectionStart") == len(link), "ready to be copied"
    with page.expect_download() as download:
        frame.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "adder-7-plus-5.png"
    frame.get_by_role("button", name="Clear").click()
    expect(field).to_be_hidden()  # its link is of another drawing
    photo = saved(photographed([stroke * 1000 for stroke in DRAWN[2]], rng))
    frame.locator("[type=file]").set_input_files({"name": "2.jpg", "mimeType": "image/jpeg", "buffer": photo})
    expect(frame.locator("#reading")).to_have_attribute("data-sum", "7")
    page.goto(link)
    expect_reading(page, 7, 5)
    context.close()
