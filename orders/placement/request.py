"""What a buyer wants of an order, and what makes two such wishes the same."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal

import orjson

from carts.guest_keys import digest
from carts.identity import CartOwner
from core.actors import Actor
from orders.placement.cart_check import Wanted

Bought = Sequence[tuple[int | None, int, Decimal]]  # variant, units, unit price


@dataclass(frozen=True, slots=True)
class Wish:
    """What the buyer wants: how he pays, where it goes (an address, or one of his book), and which lines (None: all of the cart).

    `snapshot` is what the client calls the lines: `items` or `cart`.
    """

    method: str
    address: dict[str, str] = field(default_factory=dict)
    address_id: int | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    wanted: tuple[Wanted, ...] | None = None
    snapshot: str = "items"
    expected_total: Decimal | None = None
    accept_price_changes: bool = False
    has_proved_email: bool = False

    def sent_to(self, address: dict[str, str]) -> "Wish":
        """Return the wish with its address; name and phone default to the address's."""
        name, phone = self.name or address.get("full_name", ""), self.phone or address.get("phone", "")
        return replace(self, address=address, name=name, phone=phone)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request to buy: who acts, whose cart it is about, what is wanted, and the idempotency key, if it has one.

    `guest_key` is the caller's, if he is none of the users; `request_hash` is of the wish as it was sent, before an address of the
    book was looked up: the same request again is the same, whatever has become of that address.
    """

    actor: Actor
    caller: CartOwner
    wish: Wish
    key: str = ""
    request_hash: str = ""

    def scope(self, guest_key: str | None) -> str:
        """Return within what the idempotency key is unique."""
        user = self.caller.user_id
        return f"user:{user}" if user is not None else f"guest:{digest(guest_key or '')}"


def request_hash(caller: CartOwner, wish: Wish) -> str:
    """Return what two requests under one idempotency key must share."""
    parts = [caller.market.code, asdict(replace(wish, has_proved_email=False))]  # which may change between two tries
    return hashlib.sha256(orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def fingerprint(bought: Bought, wish: Wish) -> str:
    """Return what makes two orders the same: the lines, how it is paid, where it goes, and to whom."""
    lines = sorted(f"{variant}x{units}@{price:.3f}" for variant, units, price in bought)
    parts = [lines, wish.method, wish.address, wish.email]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()
