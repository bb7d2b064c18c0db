"""Locks of things that have no row of their own, such as all orders of an e-mail address."""

import hashlib
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, BooleanField, Func, Value


def lock(*names: str) -> None:
    """Lock names until the end of the transaction, always in the same order.

    Only PostgreSQL needs it: on SQLite, a transaction that writes is alone (`transaction_mode` IMMEDIATE).
    """
    if connection.vendor != "postgresql":
        return
    keys = sorted({_get_key(name) for name in names})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


class SharedLock(Func):
    """An expression that locks a name until the end of the transaction when a statement selects it, and saves a statement.

    Many transactions share such a lock; `lock` waits for them, and they wait for `lock`.
    """

    function = "pg_advisory_xact_lock_shared"
    template = "%(function)s(%(expressions)s) IS NULL"  # it returns void, which no column can have

    def __init__(self, name: str) -> None:
        super().__init__(Value(_get_key(name), BigIntegerField()), output_field=BooleanField())

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Compile to a constant: a transaction that writes is alone."""
        return super().as_sql(compiler, connection, template="%(expressions)s IS NULL", **context)


def _get_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
