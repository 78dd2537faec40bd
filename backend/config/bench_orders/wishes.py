"""What the crowd gives to and who it is: needs without end, visitors with a session and a token each."""

import functools
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.middleware.csrf import get_token

from backend.config.bench_orders.load import KEY

WANTED = 1_000_000_000

# copies of one live need of one charity: each of an item of its own, wanted without end
COPY = """
WITH model AS (
    SELECT n FROM needs_needline n JOIN needs_appeal a ON a.id = n.appeal_id
    WHERE a.state = 'live' AND a.starts_at <= now() AND now() < a.ends_at AND n.stopped_at IS NULL
    ORDER BY n.id LIMIT 1
), new_items AS (
    SELECT jsonb_populate_record(i, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('catalogue_item', 'id')),
        'code', 'crowd-' || g, 'public_id', 'itm_' || lpad(g::text, 26, '0'))) AS item
    FROM model, catalogue_item i, generate_series(1, %s) g WHERE i.id = (model.n).item_id OFFSET 0
), items AS (
    INSERT INTO catalogue_item SELECT (item).* FROM new_items RETURNING id, public_id
), new_needs AS (
    SELECT jsonb_populate_record(n, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('needs_needline', 'id')), 'item_id', items.id,
        'public_id', 'nee_' || substr(items.public_id, 5), 'wanted', %s, 'reserved', 0, 'received', 0)) AS need
    FROM model, items OFFSET 0
)
INSERT INTO needs_needline SELECT (need).* FROM new_needs
RETURNING id, public_id, charity_id, unit_price
"""


@dataclass(frozen=True)
class Need:
    """One need as the page shows it (`ref` is its public id, the price in fen) and as the database keeps it."""

    id: int
    ref: str
    charity_id: int
    price: int


def make_needs(count: int) -> list[Need]:
    """So many needs of one charity, with ids one after another."""
    with connection.cursor() as cursor:
        cursor.execute(COPY, [count, WANTED])
        made = [Need(*row) for row in sorted(cursor.fetchall())]
        assert [need.id for need in made] == list(range(made[0].id, made[0].id + count))
        cursor.execute("ANALYZE needs_needline, catalogue_item")
    return made


def requests(needs: list[Need], visitors: int) -> list[str]:
    """One POST per need (per visitor when there are fewer needs), as a browser sends the confirm page."""
    known = _visitors(visitors)
    turns = max(len(needs), visitors)
    return [_request(needs[turn % len(needs)], *known[turn % visitors]) for turn in range(turns)]


def newcomers(needs: list[Need], count: int) -> list[str]:
    """The same of visitors who were never here before."""
    return [_request(needs[turn % len(needs)], *_visitor()) for turn in range(count)]


@functools.cache
def _visitors(count: int) -> list[tuple[str, str, str]]:
    return [_visitor() for _ in range(count)]


def _visitor() -> tuple[str, str, str]:
    """A guest's session cookie, and the token in their cookie and in their form."""
    session = SessionStore()
    session["visitor"] = secrets.token_urlsafe(12)
    session.save()
    request = HttpRequest()
    token = get_token(request)
    return str(session.session_key), str(request.META["CSRF_COOKIE"]), token


def _request(need: Need, session: str, secret: str, token: str) -> str:
    form = {
        "csrfmiddlewaretoken": token,
        f"quantity-{need.ref}": "1",
        f"price-{need.ref}": str(need.price),
        "promise": "refund",
        "name": "阿明",
        "mail": "aming@example.org",
        "phone": "",
        "message": "冬天不冷",
        "stands_alone": "yes",
        "act": "pay",
        "key": KEY.decode(),
    }
    body = urlencode(form, safe="@")
    return (
        "POST /give/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"
        f"Cookie: sessionid={session}; csrftoken={secret}\r\nOrigin: http://127.0.0.1\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
