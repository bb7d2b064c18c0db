"""The search in the list of orders."""

from django.db.models import Q, QuerySet

from accounts.phones import list_searched_numbers
from orders.models import Order, OrderItem

FIELDS = ("number", "email", "name", "phone")


def search_orders(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Restrict orders to those where each word is in the number, the contact, or a SKU, or whose phone number the text is.

    SKUs are looked up in a subquery: a join with the lines would return an order once for each, and sorting them out again
    would cost several times the search.
    """
    every_word = Q()
    for word in text.split():
        matches = Q(pk__in=OrderItem.objects.filter(sku__icontains=word).values("order"))
        for field in FIELDS:
            matches |= Q((f"{field}__icontains", word))
        every_word &= matches
    return orders.filter(every_word | Q(phone_e164__in=list_searched_numbers(text)))
