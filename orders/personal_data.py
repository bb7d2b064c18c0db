"""What a user has given to the shop about themselves, in the form of the API (GDPR, Article 20).

It is not all that the shop keeps: sessions, carts, account events and the messages of staff are left to the operator, who answers a
request for access (Article 15).
"""

from typing import Any

from carts.models import MAX_WISHLIST_ITEMS
from carts.wishlist.selectors import get_page
from core.markets import Market
from orders import addresses, selectors
from orders.models import Order


def collect_personal_data(user_id: int, market: Market, site: str) -> dict[str, Any]:
    """Return the user's addresses, all their orders, newest first, and their wishlist at the market's prices; six statements."""
    orders = Order.objects.filter(user=user_id).prefetch_related("items", "payments").order_by("-id")
    return {
        "addresses": [
            {"id": address.pk, "is_default": address.is_default, **addresses.to_dict(address)}
            for address in addresses.list_addresses(user_id)
        ],
        "orders": [selectors.serialize_prefetched_order(order, site) for order in orders],
        "wishlist": get_page(user_id, market, None, MAX_WISHLIST_ITEMS, site).rows,
    }
