"""A WSGI application behind granian's event loop, asked over real sockets."""

import http.client
import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from backend.config.bridge import MOST_BODY
from backend.config.services.children import Child, wait_until
from backend.config.services.ports import Ports
from backend.config.stack import BASE_DIR
from tests.config.bridged import LONG


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    held = Ports.hold(9_700, 1)
    command = ["-m", "granian", "--interface", "rsgi", "--port", str(held.numbers[0])]
    log = tmp_path_factory.mktemp("bridge") / "log"
    child = Child(
        "bridge", [sys.executable, *command, "tests.config.bridged:application"], log, {}, cwd=BASE_DIR
    )
    child.start()
    try:
        assert wait_until(lambda: _listens(held.numbers[0]), child, 30), child.last_words()
        yield held.numbers[0]
    finally:
        child.stop(seconds=5)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def ask(port: int, request: str, body: bytes = b"") -> tuple[int, list[tuple[str, str]], Any]:
    """Send bytes as they are written here; status, headers and what was heard."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(request.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        answer = http.client.HTTPResponse(line, method=request.split(" ", 1)[0])
        answer.begin()
        heard = answer.read()
        is_json = answer.getheader("Content-Type") == "application/json" and heard[:1] == b"{"
        return answer.status, answer.getheaders(), json.loads(heard) if is_json else heard


def test_the_request_is_heard_as_wsgi_says_it(port: int) -> None:
    status, headers, heard = ask(
        port,
        "POST /a%20b/%E4%B8%AD/?q=1%202 HTTP/1.1\nHost: here:1\nX-Two: 1\nX-Two: 2\nCookie: a=1\nCookie: b=2\n"
        "Content-Type: text/plain\nContent-Length: 3",
        b"abc",
    )
    environ = heard["environ"]
    assert (status, heard["body"], environ["REQUEST_METHOD"]) == (200, "abc", "POST")
    assert environ["PATH_INFO"] == "/a b/中/".encode().decode("latin-1")
    assert (environ["QUERY_STRING"], environ["HTTP_HOST"], environ["HTTP_X_TWO"]) == (
        "q=1%202",
        "here:1",
        "1,2",
    )
    assert (environ["HTTP_COOKIE"], environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == (
        "a=1; b=2",
        "text/plain",
        "3",
    )
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]) == (
        "127.0.0.1",
        "127.0.0.1",
        str(port),
    )
    assert environ["wsgi.url_scheme"] == "http" and environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1", "b=2"]


def test_a_body_in_chunks_is_heard_whole(port: int) -> None:
    chunks = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    _, _, heard = ask(port, "POST / HTTP/1.1\nHost: here\nTransfer-Encoding: chunked", chunks)
    assert (heard["body"], heard["environ"]["CONTENT_LENGTH"]) == ("abcde", "5")


def test_a_question_without_a_body_is_no_wait(port: int) -> None:
    assert ask(port, "GET / HTTP/1.1\nHost: here")[2]["body"] == ""
    status, headers, heard = ask(port, "HEAD / HTTP/1.1\nHost: here")
    assert (status, heard) == (200, b"") and int(dict(headers)["content-length"]) > 0


def test_what_is_too_long_is_refused_before_it_comes(port: int) -> None:
    status, _, said = ask(port, f"POST / HTTP/1.1\nHost: here\nContent-Length: {MOST_BODY + 1}")
    assert (status, said) == (413, b"Too long: send less at once.")


def test_a_long_answer_comes_in_pieces_and_whole(port: int) -> None:
    _, headers, said = ask(port, "GET /long HTTP/1.1\nHost: here")
    assert dict(headers).get("transfer-encoding") == "chunked"
    assert len(said) == LONG and all(said[n * 1_000] == n % 251 for n in range(LONG // 1_000))


def test_a_fault_is_answered_and_harms_nobody_else(port: int) -> None:
    assert ask(port, "GET /broken HTTP/1.1\nHost: here")[0] == 500
    assert [ask(port, "GET / HTTP/1.1\nHost: here")[0] for _ in range(3)] == [200] * 3
