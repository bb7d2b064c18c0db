"""The cart's log. Every change of a cart writes here, in its transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from carts.models import CartAuditLog
from core.actors import Actor
from core.compiled_queries import CompiledInsert


@dataclass(frozen=True, slots=True)
class Entry:
    """A line's change."""

    action: str
    changes: dict[str, Any]
    product_id: int | None = None
    variant_id: int | None = None
    product_name: str = ""


LOG = CompiledInsert(CartAuditLog)


def record(actor: Actor, cart_id: int, entries: Iterable[Entry]) -> None:
    """Write the entries, in one statement; none writes none."""
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
        LOG.add(*rows)
