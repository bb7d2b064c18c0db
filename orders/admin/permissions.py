"""The permissions of staff for orders, one for each kind of work (`Order.Meta.permissions`)."""

from typing import Any

SHIP, CORRECT, REFUND, EXPORT = "ship_order", "correct_order", "refund_order", "export_order"


def has_permission(user: Any, permission: str) -> bool:
    """Return whether the user has the permission; *Can change order* includes all of them."""
    return any(user.has_perm(f"orders.{codename}") for codename in (permission, "change_order"))


def can_see_work(user: Any, permission: str) -> bool:
    """Return whether the home page shows work that takes this permission: to those who do it, and to those who do none."""
    return has_permission(user, permission) or not any(has_permission(user, other) for other in (SHIP, CORRECT, REFUND))
