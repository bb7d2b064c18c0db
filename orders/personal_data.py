"""What a user has given to the shop about themselves, in the form of the API (GDPR, Article 20).

It is not all that the shop keeps: sessions, carts, account events and the messages of staff are left to the operator, who answers a
request for access (Article 15).
"""

from typing import Any

from django.db.models import QuerySet, prefetch_related_objects

from carts.models import MAX_WISHLIST_ITEMS
from carts.wishlist.selectors import get_page
from core.markets import Market
from orders import addresses, selectors
from orders.models import Order, Redemption


def collect_personal_data(user_id: int, market: Market, site: str) -> dict[str, Any]:
    """Return the user's addresses, all their orders, newest first, the promotions that these use, and their wishlist.

    The wishlist is at the market's prices. Seven statements; one more if any order has a discount or a fee, one if any
    can have parcels, and two more if any has one.
    """
    orders = list(Order.objects.filter(user=user_id).prefetch_related("items", "payments").order_by("-id"))
    prefetch_related_objects([order for order in orders if selectors.has_shown_adjustments(order)], "adjustments")
    selectors.prefetch_parcels(orders)
    return {
        "addresses": [
            {"id": address.pk, "is_default": address.is_default, **addresses.to_dict(address)}
            for address in addresses.list_addresses(user_id)
        ],
        "orders": [selectors.serialize_prefetched_order(order, site) for order in orders],
        "redemptions": [_serialize_redemption(redemption) for redemption in _list_redemptions(user_id)],
        "wishlist": get_page(user_id, market, None, MAX_WISHLIST_ITEMS, site).rows,
    }


def _list_redemptions(user_id: int) -> QuerySet[Redemption]:
    return Redemption.objects.filter(order__user=user_id).select_related("promotion", "code", "order").order_by("-id")


def _serialize_redemption(redemption: Redemption) -> dict[str, Any]:
    return {
        "label": redemption.promotion.name,
        "code": redemption.code.code if redemption.code else None,
        "order": redemption.order.number,
    }
