"""The browser reads a form as a person's would send it."""

import pytest

from backend.interfaces.jobs.replay.browser import DoorShut, Page

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
