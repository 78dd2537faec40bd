"""The browser reads a form as a person's would send it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.interfaces.jobs.replay.browser import Browser, DoorShut, Form, Page

TEXT = """
<form method="get" action="/find"><input name="q" value="棉被"></form>
<form action="/give/" method="post">
  <input type="hidden" name="csrfmiddlewaretoken" value="abc&amp;d">
  <input type="number" name="quantity" value="1" min="1">
  <input type="radio" name="fallback" value="refund"><input type="radio" name="fallback" value="nearest" checked>
  <input type="checkbox" name="secret"><input type="checkbox" name="agree" checked>
  <input type="checkbox" name="parcels" value="A1" checked><input type="checkbox" name="parcels" value="A2" checked>
  <input name="off" value="1" disabled>
  <select name="language"><option value="en">English<option value="zh" selected>中文</select>
  <textarea name="message"></textarea>
  <button name="need" value="nee_1">捐1床</button><button>别的</button>
</form><a class="x" href="/appeals/1?a=1&amp;b=2">一</a>"""


def page() -> Page:
    return Page(200, "http://127.0.0.1:8000/appeals/1", TEXT)


def test_a_form_sends_what_stands_in_it() -> None:
    form = page().form(action="/give/")
    assert form.ticked == {"agree": ["on"], "parcels": ["A1", "A2"]}
    assert form.method == "post" and form.buttons == (("need", "nee_1"),)
    assert form.fields == {
        "csrfmiddlewaretoken": "abc&d",
        "quantity": "1",
        "fallback": "nearest",
        "language": "zh",
        "message": "",
    }


def test_a_form_is_found_by_a_button_too() -> None:
    assert page().form(holding="need").action == "/give/"
    assert page().links == ["/appeals/1?a=1&b=2"]


def test_a_missing_form_is_told_with_the_page() -> None:
    with pytest.raises(DoorShut, match=r"no form for /pay.*200 http://127.0.0.1:8000/appeals/1"):
        page().form(action="/pay")


class Busy(BaseHTTPRequestHandler):
    """Takes a form and leads on to a page that has no room for the first two who ask."""

    asked: list[str] = []

    def do_POST(self) -> None:
        self.asked.append("POST")
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302)
        self.send_header("Location", "/page")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.asked.append("GET")
        self.send_response(503 if self.asked.count("GET") < 3 else 200)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Nothing."""


@pytest.fixture
def busy() -> Iterator[str]:
    Busy.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_whoever_is_told_to_come_again_does_and_does_nothing_twice(busy: str) -> None:
    with Browser(busy) as browser:
        page = browser.submit(Page(200, busy, ""), Form("/act", "post", {"a": "1"}))
    assert page.status == 200
    assert Busy.asked == ["POST", "GET", "GET", "GET"]
