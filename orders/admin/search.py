"""The search in the list of orders."""

from django.db.models import Q, QuerySet

from accounts.phones import list_searched_numbers
from orders.models import Order, OrderItem

FIELDS = ("number", "email", "name", "phone")


def search_orders(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Restrict orders to those where each word is in the number, the contact, or a SKU, or whose phone number the text is.

    Orders and lines are looked up on their own and then united, because PostgreSQL combines no indexes of two tables in an OR. A
    join with the lines would return an order once for each.
    """
    numbers = list_searched_numbers(text)
    by_words = Order.objects.order_by()
    for word in text.split():
        by_words = by_words.filter(pk__in=_find_word(word))
    found = by_words.values("pk")
    if numbers:
        found = found.union(Order.objects.order_by().filter(phone_e164__in=numbers).values("pk"))
    return orders.filter(pk__in=found)


def _find_word(word: str) -> QuerySet[Order, object]:
    """Return the ids of the orders that contain a word; migration 0012 has the indexes."""
    of_order = Q()
    for field in FIELDS:
        of_order |= Q((f"{field}__icontains", word))
    lines = OrderItem.objects.order_by().filter(sku__icontains=word)
    return Order.objects.order_by().filter(of_order).values("pk").union(lines.values("order"))
