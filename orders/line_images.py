"""What orders keep of products, where it must follow a move of the files."""

from django.db.models import Q

from orders.models import OrderItem
from products.media.storage import path_of


def readdress_pictures(before: tuple[str, ...], now: str) -> int:
    """Point the lines of past orders to where a picture is now; `before` are its former stored names, which are random."""
    ends = Q()
    for name in before:
        ends |= Q(image_url__endswith=name)
    return OrderItem.objects.filter(ends).update(image_url=now) if ends else 0


def pictures_shown(names: list[str]) -> set[str]:
    """Return those of the stored names that lines of past orders show."""
    by_path = {path_of(name): name for name in names}
    shown = OrderItem.objects.filter(image_url__in=by_path).values_list("image_url", flat=True)
    return {by_path[path] for path in shown}
