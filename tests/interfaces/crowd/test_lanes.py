"""More come than can be served: those who look are turned away first, those who give finish."""

import threading
from collections import Counter
from typing import Any

import pytest

from backend.interfaces.crowd.front import Front
from backend.interfaces.crowd.lanes import Turns, Width
from backend.interfaces.crowd.paths import Lane, lane_of
from tests.interfaces.crowd.conftest import at_once


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("GET", "/", Lane.PAGE),
        ("GET", "/gifts/abc/", Lane.PAGE),
        ("GET", "/accounts/login/", Lane.PAGE),
        ("GET", "/give/", Lane.BEGIN),
        ("POST", "/give/", Lane.GIFT),
        ("GET", "/paid/abc/", Lane.GIFT),
        ("POST", "/payments/sandbox/notice/", Lane.GIFT),
        ("GET", "/sandbox-gateway/pay/", Lane.GIFT),
        ("POST", "/gifts/abc/answer/que_1/", Lane.GIFT),
        ("POST", "/api/supplier/v1/orders", Lane.WORK),
        ("POST", "/count/abc/", Lane.WORK),
        ("GET", "/health/live", Lane.FREE),
        ("GET", "/wait/", Lane.FREE),
    ],
)
def test_who_waits_where(method: str, path: str, lane: Lane) -> None:
    assert lane_of(method, path) is lane


def test_turns_are_taken_in_order_and_the_rest_is_told_at_once() -> None:
    turns = Turns("test", Width(work=1, queue=2, patience=30))
    assert turns.enter()
    order: list[int] = []

    def come(number: int) -> None:
        if turns.enter():
            order.append(number)
            turns.leave()

    waiting = []
    for number in (1, 2):
        waiting.append(threading.Thread(target=come, args=(number,)))
        waiting[-1].start()
        while turns.waiting < number:
            pass
    assert turns.full
    assert not turns.enter()  # the queue is full: told at once, whatever the patience
    turns.leave()
    for thread in waiting:
        thread.join()
    assert order == [1, 2] and turns.at_work == 0 and not turns.full


def test_patience_ends() -> None:
    turns = Turns("test", Width(work=1, queue=5, patience=0.01))
    assert turns.enter() and not turns.enter()
    turns.leave()
    assert turns.enter()


class House:
    """A door behind the front whose pages hang until they are let go; gifts do not hang."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.inside = threading.Semaphore(0)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith("/gifts/"):
            self.inside.release()
            self.let_go.wait(30)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Said([b"done"])


class Said(list):  # type: ignore[type-arg]
    streaming = False

    def close(self) -> None:
        pass


def ask(front: Front, method: str, path: str) -> tuple[int, dict[str, str]]:
    said: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "HTTP_ACCEPT": "application/json",
    }
    body = b"".join(front(environ, lambda status, headers, *more: said.append((status, dict(headers)))))
    status, headers = said[-1]
    assert body
    return int(status[:3]), headers


def test_gifts_go_on_while_pages_hang_and_all_is_well_again_by_itself(settings: Any) -> None:
    settings.CROWD_RATE = 0
    house = House()
    narrow = {
        Lane.PAGE: Turns("page", Width(2, 3, 30)),
        Lane.BEGIN: Turns("begin", Width(2, 3, 30)),
        Lane.GIFT: Turns("gift", Width(2, 100, 30)),
        Lane.WORK: Turns("work", Width(2, 3, 30)),
    }
    front = Front(house, narrow, later=at_once)
    answers: list[tuple[int, dict[str, str]]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(front, "GET", "/gifts/abc/"))) for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    for _ in range(2):
        assert house.inside.acquire(timeout=30)
    while len(answers) < 35:  # 2 at work, 3 waiting, the others were told
        pass
    assert Counter(status for status, _ in answers) == {503: 35}
    assert all(3 <= int(headers["Retry-After"]) <= 9 for _, headers in answers)
    assert len({headers["Retry-After"] for _, headers in answers}) > 1
    assert [ask(front, "POST", "/give/")[0] for _ in range(50)] == [200] * 50
    assert front._overloaded()
    house.let_go.set()
    for thread in threads:
        thread.join()
    assert Counter(status for status, _ in answers) == {200: 5, 503: 35}
    assert not front._overloaded() and ask(front, "GET", "/gifts/abc/")[0] == 200
