"""A crowd of browsers that press "give": keep-alive connections, requests made beforehand, one epoll loop.

A process of its own and of the standard library alone, so that it takes little from the server on its core.
`python load.py PLAN.json` prints one JSON object. Closed loop: each client sends again once it is answered.
With `rate`, gifts are due at fixed moments and their time counts from when they were due, so that a slow
server cannot slow the clock it is measured by. They are sent every TICK: to wake for each would take a tenth of
the core from the server, and what they wait for it is counted too.
"""

import json
import select
import socket
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

KEY = b"@" * 24  # every request holds this once and gets a key of its own there
TICK = 0.002  # seconds
WARM = 0.5  # seconds at the start that do not count


@dataclass
class Crowd:
    """`requests` in turn to one port of loopback; keys begin with `mark`, so that no two runs share one."""

    port: int
    requests: list[bytes]
    mark: str
    clients: int
    seconds: float
    good: bytes  # what the head of an answer holds that counts
    rate: float = 0.0
    first: int = 0  # the turn of the first request: a visitor comes again only when all others came
    sent: int = 0
    took: list[float] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)

    def run(self) -> dict[str, object]:
        self.epoll = select.epoll()
        self.sockets = [self._connect() for _ in range(self.clients)]
        self.by_number = {each.fileno(): each for each in self.sockets}
        self.began: dict[int, float] = {}
        self.parts: dict[int, bytes] = {}
        self.idle = deque(self.sockets)
        self.due: deque[float] = deque()
        self.counts_from = time.perf_counter() + WARM
        self.end = self.counts_from + self.seconds
        cpu = time.process_time()
        self._loop()
        return self._told(time.process_time() - cpu)

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        self.epoll.register(made, select.EPOLLIN)
        return made

    def _loop(self) -> None:
        now = time.perf_counter()
        following = now
        while now < self.end or self.began:
            if now > self.end + 15:
                self.odd["no answer"] += len(self.began)
                return
            if now < self.end:
                while self.rate and following <= now:
                    self.due.append(following)
                    following += 1 / self.rate
                self._send_all(now)
            if self.rate:
                time.sleep(max(0.0, now + TICK - time.perf_counter()))
            for number, _ in self.epoll.poll(0 if self.rate else 0.1):
                self._hear(self.by_number[number])
            now = time.perf_counter()

    def _send_all(self, now: float) -> None:
        while self.idle and (self.due or not self.rate):
            free = self.idle.popleft()
            request = self.requests[(self.first + self.sent) % len(self.requests)]
            key = f"{self.mark}{self.sent:0{24 - len(self.mark)}x}".encode()
            self.sent += 1
            self.began[free.fileno()] = self.due.popleft() if self.rate else now
            free.send(request.replace(KEY, key, 1))

    def _hear(self, speaker: socket.socket) -> None:
        number = speaker.fileno()
        heard = self.parts.pop(number, b"") + speaker.recv(65_536)
        head, _, body = heard.partition(b"\r\n\r\n")
        lower = head.lower()
        place = lower.find(b"content-length: ")
        length = int(lower[place + 16 :].split(b"\r", 1)[0]) if place > 0 else 0
        if not heard:
            raise ConnectionError("the server hung up")
        if len(head) == len(heard) or len(body) < length:
            self.parts[number] = heard
            return
        now, began = time.perf_counter(), self.began.pop(number)
        self.idle.append(speaker)
        if self.good not in head:
            self.odd[head[9:12].decode()] += 1
        elif now > self.counts_from and now <= self.end:
            self.took.append(now - began)

    def _told(self, cpu: float) -> dict[str, object]:
        took = sorted(self.took) or [0.0]
        return {
            "sent": self.sent,
            "per_s": len(self.took) / self.seconds,
            "p50_ms": took[len(took) // 2] * 1000,
            "p99_ms": took[len(took) * 99 // 100] * 1000,
            "odd": dict(self.odd),
            "late": len(self.due),
            "client_cpu_s": cpu,
        }


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    plan["good"] = plan["good"].encode()
    plan["requests"] = [each.encode() for each in json.loads(Path(plan["requests"]).read_text())]
    print(json.dumps(Crowd(**plan).run()))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
