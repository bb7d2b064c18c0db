"""Locking the variants that an order may take, and in the same statement the look-up of blocked contacts."""

from functools import lru_cache

from django.db.models import CharField, Exists

from carts.lines import select_cart_variants
from core.compiled_queries import CompiledSelect, Param
from orders.blocked_contacts import list_stored_values
from orders.models import BlockedContact
from products.models import Variant


def lock_variants(cart_id: int, contacts: tuple[str, ...]) -> bool:
    """Lock the variants in a cart, and return whether the shop takes no orders from one of these normalized contacts.

    Placing an order locks first and reads the lines in a second statement: a statement that waits for a lock sees the current
    version of the locked rows, but all others, such as market prices, as of its start.
    """
    values = list_stored_values(contacts) or [""]
    params = {f"contact{index}": value for index, value in enumerate(values)}
    return any(_build_query(len(values)).rows(cart=cart_id, **params))


@lru_cache(maxsize=32)
def _build_query(count: int) -> CompiledSelect[bool]:
    contacts = [Param(f"contact{index}", CharField()) for index in range(count)]
    is_blocked = Exists(BlockedContact.objects.filter(value__in=contacts))
    return CompiledSelect(lambda row: bool(row[1]), lambda: select_cart_variants().annotate(is_blocked=is_blocked), locks=Variant)
