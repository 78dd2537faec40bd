"""Empty the tables after a test that committed: only those with rows, and not what migrations fill.

Django truncates every table and makes all permissions anew, a second per test on a busy machine. Rows are
deleted without triggers, because the journal's own would refuse.
"""

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

STAY = {"django_content_type", "auth_permission"}


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete every row that a test may have left."""
    tables = [
        name for name in connection.introspection.django_table_names(only_existing=True) if name not in STAY
    ]
    with connection.cursor() as cursor:
        asked = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables
        )
        cursor.execute(asked)
        filled = [row[0] for row in cursor.fetchall()]
        if filled:
            deletes = "; ".join(f'DELETE FROM "{name}"' for name in filled)
            cursor.execute(
                f"SET session_replication_role = replica; {deletes}; SET session_replication_role = DEFAULT"
            )


def _fixture_teardown(self: TransactionTestCase) -> None:
    for alias in self._databases_names(include_mirrors=False):
        empty(connections[alias])


def be_quick() -> None:
    """Use it for every test with committed data."""
    TransactionTestCase._fixture_teardown = _fixture_teardown  # type: ignore[method-assign]
