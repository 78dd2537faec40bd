"""Transactions, leases and cursors: what every room needs of PostgreSQL and Django hides."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from django.db import DataError, connection, transaction
from django.db.models import Model, Q, QuerySet

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=Model)


class TransactionStance(RuntimeError):
    """You called an operation against its stated stance to transactions: see its first line."""


def own_transaction(operation: Callable[P, R]) -> Callable[P, R]:
    """Run `operation` in one atomic block (a savepoint where the caller has begun one)."""

    @functools.wraps(operation)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            return operation(*args, **kwargs)

    return run


def joins_transaction(operation: Callable[P, R]) -> Callable[P, R]:
    """Refuse to run `operation` outside a transaction: it is one part of its caller's fact."""

    @functools.wraps(operation)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if not connection.in_atomic_block:
            raise TransactionStance(f"{operation.__qualname__} joins its caller's transaction: begin one")
        return operation(*args, **kwargs)

    return run


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as of one moment: what others commit meanwhile is not seen.

    Inside a transaction of the caller's, its own isolation counts.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def claim(rows: QuerySet[M], *, by: str, at: datetime, lease: timedelta, limit: int = 1) -> list[M]:
    """Claim up to `limit` rows of `rows` (a model with Leased) that nobody holds, in id order.

    Own transaction. Rows that another worker is claiming at this moment are passed over; a dead
    worker's rows come back when its lease has run out.
    """
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at)
    with transaction.atomic():
        picked = list(
            rows.filter(free).order_by("pk").select_for_update(skip_locked=True, of=("self",))[:limit]
        )
        rows.model._default_manager.filter(pk__in=[row.pk for row in picked]).update(
            claimed_by=by, claimed_until=at + lease
        )
    for row in picked:
        row.claimed_by, row.claimed_until = by, at + lease  # type: ignore[attr-defined]
    return picked


def release(row: Any, *, by: str) -> bool:
    """Give a lease back; False when it had run out and somebody else holds the row."""
    rows = type(row)._default_manager.filter(pk=row.pk, claimed_by=by)
    return bool(rows.update(claimed_by="", claimed_until=None))


def next_ids(model: type[Model], count: int) -> list[int]:
    """Take `count` ids of `model` beforehand, for rows whose other columns follow from the id."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table, column, count],
        )
        return [row[0] for row in cursor.fetchall()]


def numbers(values: Iterable[int | None]) -> str:
    """A PostgreSQL array of whole numbers (None is NULL) as one parameter, many times quicker than a list."""
    return listed(["NULL" if value is None else str(value) for value in values])


def texts(values: Sequence[str]) -> str:
    """A PostgreSQL array of texts as one parameter, quoted all at once. Raises DataError on a NUL."""
    if not values:
        return "{}"
    joined = "\0".join(values)
    if joined.count("\0") != len(values) - 1:
        raise DataError("PostgreSQL text cannot contain NUL (0x00) bytes")
    quoted = joined.replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return f'{{"{quoted}"}}'


def listed(values: Iterable[str]) -> str:
    """A PostgreSQL array of texts that need no quotes: numbers, moments in ISO 8601."""
    return "{" + ",".join(values) + "}"
