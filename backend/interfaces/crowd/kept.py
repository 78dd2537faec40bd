"""A page as it is kept: the same bytes for everybody."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# what belongs to one answer or one visitor, or is said again for every answer
NOT_KEPT = {"x-request-id", "content-length", "vary", "cache-control", "etag", "expires", "last-modified"}
# stored by browsers and proxies, asked again each time: mostly answered by 304
SAID = (("Cache-Control", "public, no-cache"), ("Vary", "Accept-Encoding, Accept-Language, Cookie"))
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Kept:
    """`at` is the moment before its data were read (seconds of the wall clock); `packed` is gzip."""

    status: str
    headers: Headers
    packed: bytes
    etag: str
    at: float

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.packed)

    def dumped(self) -> bytes:
        head = {"status": self.status, "headers": self.headers, "etag": self.etag, "at": self.at}
        return json.dumps(head).encode() + b"\n" + self.packed


def load(data: bytes) -> Kept:
    head, _, packed = data.partition(b"\n")
    said = json.loads(head)
    headers = tuple((name, value) for name, value in said["headers"])
    return Kept(said["status"], headers, packed, said["etag"], said["at"])


def keep(status: str, headers: Headers, body: bytes, at: float) -> Kept | None:
    """None for what must not be kept: an error, or an answer that speaks to one visitor."""
    names = {name.lower() for name, _ in headers}
    if status[:3] not in ("200", "404") or "set-cookie" in names:
        return None
    etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    kept = tuple((name, value) for name, value in headers if name.lower() not in NOT_KEPT)
    return Kept(status, kept, gzip.compress(body, 6, mtime=0), etag, at)


@dataclass(frozen=True)
class Answer:
    """What goes to one visitor."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def answer(kept: Kept, environ: Mapping[str, Any]) -> Answer:
    """200 or 404 with the body, packed where the browser can; 304 where it has these bytes already."""
    headers = [*kept.headers, *SAID, ("ETag", kept.etag)]
    asked = {tag.strip() for tag in environ.get("HTTP_IF_NONE_MATCH", "").split(",")}
    if kept.etag in asked and kept.status.startswith("200"):
        return Answer("304 Not Modified", [*SAID, ("ETag", kept.etag)], b"")
    body = kept.packed
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        headers.append(("Content-Encoding", "gzip"))
    else:
        body = kept.body
    headers.append(("Content-Length", str(len(body))))
    return Answer(kept.status, headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body)
