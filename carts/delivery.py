"""Where a cart is to be delivered, and how. Each change locks the cart's row first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from carts import audit, estimates, quotes, selectors
from carts.identity import CartOwner, CartRef
from carts.lines import Line
from carts.models import DELIVERY_COLUMNS, Cart, CartAuditLog
from carts.services import lock_or_create_cart, touch_cart
from core.actors import Actor
from pricing.delivery.methods import Method
from pricing.exceptions import MethodUnavailable, refuse_incomplete, refuse_malformed
from pricing.rules import Selection


@dataclass(frozen=True, slots=True)
class DeliveryChoice:
    """What a buyer chooses; None keeps what the cart has. Without a `method`, the cheapest is taken."""

    country: str | None = None
    postal_code: str | None = None
    state: str | None = None
    method: str | None = None

    def apply(self, ref: CartRef) -> CartRef:
        """Return the cart with the choice; another country starts with an empty postal code and state."""
        is_moved = self.country is not None and replace(ref, country=self.country).place.country != ref.place.country
        before = replace(ref, postal_code="", state="") if is_moved else ref
        return replace(
            before,
            country=before.country if self.country is None else self.country,
            postal_code=before.postal_code if self.postal_code is None else self.postal_code,
            state=before.state if self.state is None else self.state,
            shipping_method=before.shipping_method if self.method is None else self.method,
        )


@dataclass(frozen=True, slots=True)
class ChosenDelivery:
    """A cart with its choice, and the lines and offers on which it was made."""

    ref: CartRef
    lines: Sequence[Line]
    selection: Selection


@transaction.atomic
def choose(actor: Actor, owner: CartOwner, choice: DeliveryChoice) -> ChosenDelivery:
    """Record where the cart is to be delivered and with which method; create the cart if necessary.

    A method that an earlier choice named is dropped if it is not offered at the new place. What the buyer is shown then has to
    come from the same offers as the rate that is recorded: a rate may change in between.

    Raises PostalCodeInvalid, PlaceIncomplete, MethodUnavailable, TooManyRequests, CartBusy.
    """
    ref, is_new = lock_or_create_cart(actor, owner, lambda: None)
    chosen = choice.apply(ref)
    selection = estimates.get_selection(chosen)
    refuse_malformed(chosen.postal_code, chosen.place.country)
    refuse_incomplete(selection.delivery.problem)
    lines = [] if is_new else selectors.get_lines(ref)
    quote = quotes.estimate(lines, chosen, selection)
    if chosen.shipping_method and (quote.method is None or quote.method.code != chosen.shipping_method):
        if choice.method:
            raise MethodUnavailable(field="method")
        chosen = replace(chosen, shipping_method="")
    chosen = replace(chosen, shown_rate=None if quote.method is None else serialize_rate(quote.method))
    columns = {name: getattr(chosen, name) for name in DELIVERY_COLUMNS}
    if columns != {name: getattr(ref, name) for name in DELIVERY_COLUMNS}:
        Cart.objects.filter(pk=ref.pk).update(**columns)
        changes = {name: value for name, value in columns.items() if name != "shown_rate" and value != getattr(ref, name)}
        if changes:
            audit.record(actor, ref.pk, [audit.Entry(CartAuditLog.Action.PLACE, changes)])
    return ChosenDelivery(touch_cart(chosen), lines, selection)


def serialize_rate(method: Method) -> dict[str, str | int | None]:
    """Return the rate and the Cash on Delivery fee of a method as a cart stores them, in minor units."""
    return {name: getattr(method, name) for name in ("code", "price", "free_from", "price_per_kg", "cod_fee")}
