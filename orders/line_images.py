"""The product images that order lines show."""

from django.db.models import Q
from django.db.models.functions import Right

from orders.models import OrderItem


def update_image_urls(old_names: tuple[str, ...], new_url: str) -> int:
    """Point order lines to the new URL of an image. Its former stored names are random, so they identify it."""
    matches = Q()
    for name in old_names:
        matches |= Q(image_url__endswith=name)
    return OrderItem.objects.filter(matches).update(image_url=new_url) if matches else 0


def names_in_use(names: list[str]) -> set[str]:
    """Return the stored names that order lines still show, whatever base URL images had when the order was placed."""
    used: set[str] = set()
    for length in {len(name) for name in names}:
        lines = OrderItem.objects.annotate(image_name=Right("image_url", length)).filter(image_name__in=names)
        used.update(lines.values_list("image_name", flat=True).distinct())
    return used
