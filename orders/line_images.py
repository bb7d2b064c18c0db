"""The product images that order lines show."""

from django.db.models import Q

from orders.models import OrderItem
from products.media.storage import get_url


def update_image_urls(old_names: tuple[str, ...], new_url: str) -> int:
    """Point order lines to the new URL of an image. Its former stored names are random, so they identify it."""
    matches = Q()
    for name in old_names:
        matches |= Q(image_url__endswith=name)
    return OrderItem.objects.filter(matches).update(image_url=new_url) if matches else 0


def names_in_use(names: list[str]) -> set[str]:
    """Return the stored names that order lines still show."""
    names_by_url = {get_url(name): name for name in names}
    urls = OrderItem.objects.filter(image_url__in=names_by_url).values_list("image_url", flat=True)
    return {names_by_url[url] for url in urls}
