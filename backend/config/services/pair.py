"""Both services together, as `make demo`, `make services` and the tests start them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from backend.config.services import postgres, valkey
from backend.config.services.children import Child
from backend.config.services.place import Place, make_folders


def start(place: Place, options: Mapping[str, str] = postgres.DURABLE, databases: int = 16) -> list[Child]:
    """PostgreSQL and Valkey, started and answering. Raises ServiceError with one line, nothing left running."""
    make_folders(place)
    children: list[Child] = []
    try:
        for module, server in (
            (postgres, postgres.child(place, options)),
            (valkey, valkey.child(place, databases)),
        ):
            server.start()
            children.append(server)
            module.wait_for(place, server)
    except BaseException:
        stop(children)
        raise
    return children


def stop(children: list[Child]) -> None:
    """Ask all, then wait for each."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()


@contextmanager
def running(
    place: Place, options: Mapping[str, str] = postgres.DURABLE, databases: int = 16
) -> Iterator[list[Child]]:
    """Both services for as long as the block lasts."""
    children = start(place, options, databases)
    try:
        yield children
    finally:
        stop(children)
