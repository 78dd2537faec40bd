"""One donor's browser at the door: a session, a form's token and a connection that is kept open."""

import http.client
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from backend.config.bench_orders.wishes import Need

TYPE = "application/x-www-form-urlencoded"


class NoAnswer(Exception):
    """The door gave none: nothing is known of what was sent."""


@dataclass(frozen=True)
class Answer:
    """`to`: where a redirect leads."""

    status: int
    to: str = ""


@dataclass
class Visitor:
    """`port` of loopback; `headers` are those of one guest."""

    port: int
    headers: dict[str, str]
    patience: float = 15.0  # seconds
    _line: http.client.HTTPConnection | None = field(default=None, repr=False)

    def give(self, need: Need, quantity: int, key: str) -> Answer:
        """One gift by the confirm page's form; 302 leads to the gateway."""
        form = {
            f"quantity-{need.ref}": str(quantity),
            f"price-{need.ref}": str(need.price),
            "promise": "refund",
            "name": "阿明",
            "mail": "aming@example.org",
            "stands_alone": "yes",
            "act": "pay",
            "key": key,
        }
        return self.post("/give/", form)

    def pay(self, address: str, manner: str) -> Answer:
        """Pay at the practice gateway; 302 leads back to the gift."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return self.post("/sandbox-gateway/pay/", {**asked, "act": "pay", "manner": manner})

    def post(self, path: str, form: dict[str, str]) -> Answer:
        body = urlencode({"csrfmiddlewaretoken": self.headers["X-CSRFToken"], **form})
        return self._send("POST", path, body.encode())

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None)

    def _send(self, method: str, path: str, body: bytes | None) -> Answer:
        """Raises NoAnswer. Whatever was heard halfway is forgotten with its connection."""
        if self._line is None:
            self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        try:
            self._line.request(
                method, path, body, {**self.headers, "Content-Type": TYPE} if body else self.headers
            )
            answer = self._line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.leave()
            raise NoAnswer(str(error)) from error
        return Answer(answer.status, answer.headers.get("Location", ""))

    def leave(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def guest(port: int) -> Visitor:
    """A new guest with a session and a token, as their first page would have given them."""
    from django.contrib.sessions.backends.signed_cookies import SessionStore
    from django.http import HttpRequest
    from django.middleware.csrf import get_token

    session = SessionStore()
    session["visitor"] = secrets.token_urlsafe(12)
    session.save()
    request = HttpRequest()
    token = get_token(request)
    cookies = f"sessionid={session.session_key}; csrftoken={request.META['CSRF_COOKIE']}"
    headers = {
        "Host": "127.0.0.1",
        "Accept": "text/html",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Cookie": cookies,
        "Origin": "http://127.0.0.1",
        "X-CSRFToken": token,
    }
    return Visitor(port, headers)
