"""Donors take what weighs about what they had in mind, never more than the page says is missing."""

from backend.interfaces.jobs.replay.shelf import _NEED, Shelf
from backend.interfaces.jobs.replay.stream import Wish

FORM = """<form class="give-box" action="/give/" method="get"><p>还差<b>100</b>床</p>
<input type="hidden" name="need" value="nee_1"><div role="group"><input type="number" name="quantity" value="1"
min="1" max="100" aria-label="棉被，捐几床" ></div></form>
<form><input type="hidden" name="need" value="nee_full"></form>
<form><input type="hidden" name="need" value="nee_2"><input max="7" aria-label="橡皮，捐几盒" ></form>"""


def test_the_page_says_what_is_missing() -> None:
    assert _NEED.findall(FORM) == [("nee_1", "100", "棉被"), ("nee_2", "7", "橡皮")]


def test_the_nearest_weight_is_taken_until_it_is_gone() -> None:
    shelf = Shelf({"quilt": 3, "eraser": 1}, {"quilt": 2_000, "eraser": 540})
    assert shelf.take(Wish(1_900, 2, 0.5)) == ("quilt", 2)
    assert shelf.take(Wish(1_900, 5, 0.5)) == ("quilt", 1)
    assert shelf.take(Wish(1_900, 1, 0.5)) == ("eraser", 1)
    assert shelf.take(Wish(1_900, 1, 0.5)) is None


def test_what_was_not_given_can_be_taken_again() -> None:
    shelf = Shelf({"quilt": 1}, {"quilt": 2_000})
    assert shelf.take(Wish(1, 1, 0)) == ("quilt", 1)
    shelf.put_back({"quilt": 1})
    assert shelf.take(Wish(1, 1, 0)) == ("quilt", 1)
    shelf.close("quilt")
    assert shelf.take(Wish(1, 1, 0)) is None
