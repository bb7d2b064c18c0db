"""SKUs that the shop proposes."""

import secrets
from collections.abc import Sequence

from products.models import MAX_SKU, Variant

MAX_NUMBER = 20  # that is added to a SKU that is taken


def find_free_skus(names: Sequence[str]) -> list[str]:
    """Return a SKU for each of the names that no variant has and that differs from the others: the name, or with a number."""
    numbered = {name: [name, *(f"{name[: MAX_SKU - 3]}-{number}" for number in range(2, MAX_NUMBER))] for name in names}
    candidates = [sku for skus in numbered.values() for sku in skus]
    taken = set(Variant.objects.filter(sku__in=candidates).values_list("sku", flat=True))
    free = []
    for name in names:
        free.append(next((sku for sku in numbered[name] if sku and sku not in taken), None) or generate_sku())
        taken.add(free[-1])
    return free


def generate_sku() -> str:
    """Return a random SKU."""
    return f"SKU-{secrets.token_hex(5).upper()}"
