"""The staff groups that a shop starts with, and the permissions of each.

A new admin page or action that one of them needs adds its permission here; groups that exist already are left alone.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

PACKERS, CATALOG, MANAGERS = "Packers", "Catalog", "Managers"

PACKING = ("orders.view_order", "orders.ship_order")
SELLING = (
    *("products.view_product", "products.add_product", "products.change_product"),
    *("products.view_variant", "products.add_variant", "products.change_variant", "products.delete_variant"),
    *("products.view_productimage", "products.add_productimage", "products.change_productimage", "products.delete_productimage"),
    *("products.view_category", "products.add_category", "products.change_category", "products.delete_category"),
    *("products.view_stockofvariant", "products.change_stockofvariant", "products.view_stockmovement", "products.view_pricechange"),
    "pricing.view_promotion",
)
MANAGING = (
    *("orders.correct_order", "orders.refund_order", "orders.export_order"),
    *("orders.view_payment", "orders.view_refund", "orders.view_stripeevent", "orders.view_address", "orders.view_remittance"),
    *("accounts.view_user", "accounts.add_user", "accounts.change_user", "accounts.export_user"),
    *("accounts.view_customer", "accounts.change_customer", "accounts.delete_customer"),
    *("accounts.view_authsession", "accounts.view_authevent"),
    *("pricing.add_promotion", "pricing.change_promotion", "pricing.delete_promotion"),
    *("pricing.view_promotioncode", "pricing.delete_promotioncode", "orders.view_redemption"),
    *("pricing.view_zone", "pricing.add_zone", "pricing.change_zone", "pricing.delete_zone"),
    *("pricing.view_servicearea", "pricing.add_servicearea", "pricing.change_servicearea", "pricing.delete_servicearea"),
    *("orders.view_blockedcontact", "orders.add_blockedcontact", "orders.delete_blockedcontact"),
    *("carts.view_cart", "carts.view_cartitem", "carts.view_cartauditlog", "carts.view_wishlistitem"),
    *("core.view_shopsetting", "core.change_shopsetting", "core.view_job", "core.change_job"),
)
PERMISSIONS: dict[str, tuple[str, ...]] = {
    PACKERS: PACKING,
    CATALOG: SELLING,
    MANAGERS: (*PACKING, *SELLING, *MANAGING),
}


class UnknownPermissions(Exception):
    """Permissions that no installed model has."""


@transaction.atomic
def create_groups() -> list[str]:
    """Create the groups that do not exist, and return their names. Raises UnknownPermissions, and then creates none."""
    permissions = {name: find_permissions(labels) for name, labels in PERMISSIONS.items()}
    created = []
    for name, rows in permissions.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(rows)
            created.append(name)
    return created


@transaction.atomic
def reset_group(name: str) -> None:
    """Give a group of this table exactly its permissions, and create it if needed. Raises UnknownPermissions."""
    permissions = find_permissions(PERMISSIONS[name])
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.set(permissions)


def find_permissions(labels: Iterable[str]) -> list[Permission]:
    """Return the permissions with these labels, such as "orders.view_order". Raises UnknownPermissions, which names the others."""
    wanted = set(labels)
    codenames = {label.partition(".")[2] for label in wanted}
    rows = Permission.objects.filter(codename__in=codenames).select_related("content_type")
    found = {label: row for row in rows if (label := f"{row.content_type.app_label}.{row.codename}") in wanted}
    if missing := sorted(wanted - found.keys()):
        raise UnknownPermissions(", ".join(missing))
    return list(found.values())
