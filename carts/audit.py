"""The cart audit log. Every change to a cart is recorded here in the same transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from carts.models import CartAuditLog
from core.actors import Actor
from core.compiled_queries import CompiledInsert


@dataclass(frozen=True, slots=True)
class Entry:
    """A change to a cart or to one of its lines."""

    action: str
    changes: dict[str, Any]
    product_id: int | None = None
    variant_id: int | None = None
    product_name: str = ""


INSERT_ENTRIES = CompiledInsert(CartAuditLog)


def record(actor: Actor, cart_id: int, entries: Iterable[Entry]) -> None:
    """Write the entries in one statement, or in none if there are no entries."""
    now = timezone.now()
    rows = [
        CartAuditLog(
            cart_id=cart_id,
            user_id=actor.user_id,
            action=entry.action,
            product_id=entry.product_id,
            variant_id=entry.variant_id,
            product_name=entry.product_name,
            changes=entry.changes,
            timestamp=now,
            ip_address=actor.ip,
        )
        for entry in entries
    ]
    if rows:
        INSERT_ENTRIES.add(*rows)
