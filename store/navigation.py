"""The admin's sidebar: pages grouped by task. Pages that the user may not view are omitted."""

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse

from core import admin_relations

HOME = {"title": "Home", "icon": "home"}
GROUPS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Orders": (
        ("orders.order", "Orders", "receipt_long"),
        ("orders.shipment", "Parcels", "package_2"),
        ("orders.refund", "Refunds", "undo"),
        ("orders.cashparcel", "Cash on Delivery", "payments"),
        ("orders.remittance", "Remittances", "account_balance"),
        ("orders.stripeevent", "Provider events", "webhook"),
    ),
    "Catalog": (
        ("products.product", "Products", "sell"),
        ("products.category", "Categories", "category"),
        ("products.importrun", "Import", "upload_file"),
        ("products.stockofvariant", "Stock", "inventory_2"),
        ("products.delivery", "Deliveries", "local_shipping"),
        ("products.stockmovement", "Stock movements", "swap_vert"),
        ("products.pricechange", "Price changes", "price_change"),
        ("products.bulkpricechange", "Bulk price changes", "percent"),
        ("pricing.sale", "Sales", "event_upcoming"),
    ),
    "Promotions": (
        ("pricing.promotion", "Promotions", "local_offer"),
        ("pricing.promotioncode", "Codes", "confirmation_number"),
        ("orders.redemption", "Redemptions", "redeem"),
    ),
    "Shipping": (
        ("pricing.zone", "Shipping zones", "public"),
        ("pricing.servicearea", "Service areas", "pin_drop"),
    ),
    "Customers": (
        ("accounts.customer", "Customers", "group"),
        ("orders.guest", "Guests", "person_outline"),
        ("orders.blockedcontact", "Blocked contacts", "block"),
        ("accounts.authsession", "Sessions", "devices"),
        ("orders.address", "Addresses", "home_pin"),
        ("carts.cart", "Carts", "shopping_cart"),
        ("carts.cartauditlog", "Cart log", "history"),
        ("carts.wishlistitem", "Wishlists", "favorite"),
    ),
    "System": (
        ("core.shopsetting", "Settings", "settings"),
        ("core.job", "Jobs", "schedule"),
        ("accounts.authevent", "Account events", "policy"),
        ("accounts.user", "Staff", "badge"),
        ("auth.group", "Staff groups", "groups"),
    ),
}


def build_sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of pages that the user may view."""
    home: dict[str, Any] = {"items": [{**HOME, "link": reverse("admin:index")}]}
    groups = [
        {"title": title, "items": [_item(*page) for page in pages if can_view(request, page[0])]} for title, pages in GROUPS.items()
    ]
    return [home, *(group for group in groups if group["items"])]


def can_view(request: HttpRequest, label: str) -> bool:
    """Return whether the user may view the pages of a model, such as "orders.order"."""
    return admin_relations.can_view(request, apps.get_model(label))


def _item(label: str, title: str, icon: str) -> dict[str, str]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{label.replace('.', '_')}_changelist")}
