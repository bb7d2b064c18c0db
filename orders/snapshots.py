"""What orders keep of products, where it must follow a move of the files."""

from django.db.models import Q

from orders.models import OrderItem


def readdress_pictures(before: tuple[str, ...], now: str) -> int:
    """Point the lines of past orders to where a picture is now; `before` are its former stored names, which are random."""
    ends = Q()
    for name in before:
        ends |= Q(image_url__endswith=name)
    return OrderItem.objects.filter(ends).update(image_url=now) if ends else 0
