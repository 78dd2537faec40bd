"""Free ports on loopback."""

import socket
from collections.abc import Iterator


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


def free_ports(first: int, tries: int = 100) -> Iterator[int]:
    """The free ports from `first` on, lowest first."""
    return (port for port in range(first, first + tries) if is_free(port))
