"""Free ports on loopback, kept for those who will listen there."""

import contextlib
import socket
from dataclasses import dataclass, field


def is_free(port: int) -> bool:
    """Whether nobody listens there; ports of connections that just closed count as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


@dataclass
class Ports:
    """Ports that no other system of ours takes until `release`, or until this process ends.

    Granian shares its ports (SO_REUSEPORT): two systems that choose the same one at the same moment would
    answer in turn, and nobody would notice. So a name in the kernel is held for each, from before the look.
    """

    numbers: list[int] = field(default_factory=list)
    _held: list[socket.socket] = field(default_factory=list)

    @classmethod
    def hold(cls, first: int, count: int, tries: int = 100) -> "Ports":
        """The lowest free ports from `first` on; fewer than `count` where no more are free."""
        ports = cls()
        for number in range(first, min(first + tries, 65_536)):
            if len(ports.numbers) == count:
                break
            name = socket.socket(socket.AF_UNIX)
            with contextlib.suppress(OSError):
                name.bind(f"\0zhisong-port-{number}")
                if is_free(number):
                    ports.numbers.append(number)
                    ports._held.append(name)
                    continue
            name.close()
        return ports

    def release(self) -> None:
        for name in self._held:
            name.close()
