"""Locks of things that have no row of their own, such as all orders of an e-mail address."""

import hashlib

from django.db import connection


def lock(*names: str) -> None:
    """Lock names until the end of the transaction, always in the same order.

    Only PostgreSQL needs it: on SQLite, a transaction that writes is alone (`transaction_mode` IMMEDIATE).
    """
    if connection.vendor != "postgresql":
        return
    keys = sorted({int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True) for name in names})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])
