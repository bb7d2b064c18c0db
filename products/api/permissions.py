"""Who may change the catalog by the API: staff with the permissions that the admin asks for, and sellers their own products.

Staff without a permission are customers here, or sellers if they are. A superuser has every permission.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from core.actors import Actor, get_actor
from products.api.inputs import SellableInput

# The permissions of each action, as the page of a product asks for them (its variants and pictures are rows of their own). The
# fields of a product that belong to its variants are in `SELLABLE_FIELDS`. The admin deletes neither products nor variants: it
# retires and deactivates them, which is a change.
ACTIONS = {
    "create": ("add_product", "add_variant"),
    "create_by_name": ("add_product", "add_variant"),
    "update": ("change_product",),
    "partial_update": ("change_product",),
    "destroy": ("change_product",),
    "variants": ("add_variant",),
    "variant": ("change_variant",),
    "remove_variant": ("change_variant",),
    "images": ("add_productimage",),
    "image": ("change_productimage",),
    "remove_image": ("delete_productimage",),
    "stock": ("view_stockmovement",),
    "move_stock": ("change_stockofvariant",),
    "create_category": ("add_category",),
    "category": ("change_category",),
    "remove_category": ("delete_category",),
}
STAFF_ONLY = frozenset(("create_category", "category", "remove_category"))
SELLABLE_FIELDS = SellableInput().fields.keys() - {"currency"}


class CatalogPermission(BasePermission):
    """Everyone reads, except the stock history; sellers and staff with the action's permissions write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user may make this request; an unsupported method passes, so that it gets its 405."""
        action: str | None = getattr(view, "action", None)
        if action not in ACTIONS:
            return action is None or request.method in SAFE_METHODS
        is_seller = bool(getattr(request.user, "is_seller", False)) and action not in STAFF_ONLY
        return is_seller or has_rights(request, ACTIONS[action])


def get_editor(request: Request, action: str, fields: Mapping[str, Any] | None = None) -> Actor:
    """Return the actor of an action with these validated fields: staff if they have its permissions, else a seller.

    Services let sellers change their own products only. Raises PermissionDenied.
    """
    permissions = {*ACTIONS[action]}
    if action in ("update", "partial_update") and fields:
        permissions |= {"change_variant"} if SELLABLE_FIELDS & fields.keys() else set()
        permissions |= {"add_variant", "change_variant"} if "variants" in fields else set()
    actor = get_actor(request)
    if has_rights(request, permissions):
        return actor
    if not getattr(request.user, "is_seller", False):
        raise PermissionDenied
    return replace(actor, kind="customer")


def get_viewer(request: Request) -> Actor:
    """Return the actor of a read: staff who may view products see those that are not for sale."""
    actor = get_actor(request)
    may_view = has_rights(request, ("view_product",)) or has_rights(request, ("change_product",))
    return actor if may_view else replace(actor, kind="customer")


def has_rights(request: Request, codenames: Iterable[str]) -> bool:
    """Return whether the user is staff with these permissions for products."""
    user = request.user
    return bool(getattr(user, "is_staff", False)) and user.has_perms([f"products.{codename}" for codename in codenames])
