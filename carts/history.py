"""A cart's history, from its audit log."""

from typing import Any

from carts.identity import CartRef
from carts.models import CartAuditLog

HISTORY_LIMIT = 50


def get_history(ref: CartRef, *, oldest_first: bool) -> list[dict[str, Any]]:
    """Return the last 50 changes to the cart; one statement."""
    if ref.id is None:
        return []
    log = CartAuditLog.objects.filter(cart=ref.id).select_related("user").order_by("-id")[:HISTORY_LIMIT]
    rows = [_serialize_entry(entry) for entry in log]
    return rows[::-1] if oldest_first else rows


def _serialize_entry(entry: CartAuditLog) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "user": entry.user.display_name if entry.user is not None else None,
        "action": entry.action,
        "action_display": entry.get_action_display(),
        "product_id": entry.product_id,
        "sku_id": entry.variant_id,
        "product_name": entry.product_name,
        "changes": entry.changes,
        "timestamp": entry.timestamp,
        "ip_address": entry.ip_address,
    }
