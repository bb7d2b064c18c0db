"""The cart's log. Every change of a cart writes here, in its transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from carts.models import CartAuditLog
from store.core.actors import Actor
from store.core.statements import Insertion


@dataclass(frozen=True, slots=True)
class Entry:
    """A line's change."""

    action: str
    changes: dict[str, Any]
    product_id: int | None = None
    variant_id: int | None = None
    product_name: str = ""


ONE = Insertion(CartAuditLog)


def record(actor: Actor, cart_id: int, entries: Sequence[Entry]) -> None:
    """Write the entries, in one statement; most changes have one entry, whose statement is compiled."""
    now = timezone.now()
    rows = [
        {
            "cart_id": cart_id,
            "user_id": actor.user_id,
            "action": entry.action,
            "product_id": entry.product_id,
            "variant_id": entry.variant_id,
            "product_name": entry.product_name,
            "changes": entry.changes,
            "timestamp": now,
            "ip_address": actor.ip,
        }
        for entry in entries
    ]
    if len(rows) == 1:
        ONE.run(**rows[0])
    else:
        CartAuditLog.objects.bulk_create(CartAuditLog(**row) for row in rows)
