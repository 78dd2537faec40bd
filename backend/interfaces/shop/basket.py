"""The basket: needs and quantities that a visitor keeps in the signed session cookie until they give."""

from collections.abc import Mapping
from typing import NamedTuple

from django.http import HttpRequest

KEY = "basket"
MOST_LINES = 40  # a signed cookie holds 4 kB
MOST_QUANTITY = 100_000


class Wish(NamedTuple):
    """So many of one need (public id), as asked for; nothing is held until it is given."""

    need: str
    quantity: int


def kept(request: HttpRequest) -> list[Wish]:
    """What the visitor put aside, in the order they did."""
    basket = request.session.get(KEY) or {}
    return [Wish(need, quantity) for need, quantity in basket.items()]


def keep(request: HttpRequest, wishes: list[Wish]) -> None:
    """Put exactly `wishes` aside. Without any, the cookie holds no basket."""
    basket = {wish.need: min(wish.quantity, MOST_QUANTITY) for wish in wishes if wish.quantity > 0}
    if basket == (request.session.get(KEY) or {}):
        return
    request.session[KEY] = dict(list(basket.items())[:MOST_LINES])


def joined(basket: list[Wish], wish: Wish) -> list[Wish]:
    """`basket` with `wish` in front; the same need is not added up: the last word counts."""
    return [wish, *(other for other in basket if other.need != wish.need)][:MOST_LINES]


def take_out(request: HttpRequest, needs: Mapping[str, object] | set[str]) -> None:
    """Leave only what was not given."""
    keep(request, [wish for wish in kept(request) if wish.need not in needs])
