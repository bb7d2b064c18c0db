"""What a buyer asks to order, and what makes two such requests the same."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal

import orjson

from carts.guest_keys import digest
from carts.identity import CartOwner
from core.actors import Actor
from core.countries import normalize_country
from orders.models import Order
from orders.placement.cart_check import CONFIRMING_FIELDS, ExpectedCart

PricedUnits = Sequence[tuple[int | None, int, Decimal]]  # variant, units, unit price


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """How the buyer pays, where the order goes (an address, or the id of a saved one), and the cart that they saw.

    An address that is plain text is all in `line1`. `codes` are normalized, each once, and replace those of the cart; None keeps
    these. So does the code of a `shipping_method`. `account_contacts` are the e-mail address and phone number of the account;
    `verified_phone` is that number, if it is confirmed.
    """

    method: str
    address: dict[str, str] = field(default_factory=dict)
    is_address_text: bool = False
    address_id: int | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    codes: tuple[str, ...] | None = None
    shipping_method: str | None = None
    expected: ExpectedCart = field(default_factory=ExpectedCart)
    is_email_verified: bool = False
    account_contacts: tuple[str, ...] = ()
    verified_phone: str = ""

    def with_address(self, address: dict[str, str], *, is_text: bool = False) -> "CheckoutRequest":
        """Return the request with its address; name and phone default to the address's."""
        name, phone = self.name or address.get("full_name", ""), self.phone or address.get("phone", "")
        return replace(self, address=address, is_address_text=is_text, name=name, phone=phone)


@dataclass(frozen=True, slots=True)
class Placement:
    """An attempt to place an order: the actor, the owner of the cart, the request, and the idempotency key, if there is one.

    `request_hash` is of the request as it was sent, before a saved address was looked up: a repeated request has the same hash even
    if the saved address has changed. `phone_numbers` are what the order's phone may mean in E.164, the likeliest first, set with
    the address. The order's number begins with the day of `numbered_at`, or with today's.
    """

    actor: Actor
    owner: CartOwner
    request: CheckoutRequest
    key: str = ""
    request_hash: str = ""
    phone_numbers: tuple[str, ...] = ()
    numbered_at: datetime | None = None

    @property
    def phone_e164(self) -> str:
        """The order's phone in E.164, or an empty string."""
        return next(iter(self.phone_numbers), "")

    def key_scope(self, guest_key: str | None) -> str:
        """Return the scope within which the idempotency key is unique: the user, or the guest's key."""
        user_id = self.owner.user_id
        return f"user:{user_id}" if user_id is not None else f"guest:{digest(guest_key or '')}"


def request_hash(owner: CartOwner, request: CheckoutRequest) -> str:
    """Return a hash that is equal for two requests under one idempotency key only if they ask for the same."""
    fields = asdict(replace(request, is_email_verified=False))  # it may change between two tries
    del fields["account_contacts"], fields["verified_phone"]  # they may change, too
    del fields["is_address_text"]  # plain text asks for the same as an object with only line1
    for name in ("codes", "shipping_method"):
        if fields[name] is None:  # releases that do not know it have hashed the request without it
            del fields[name]
    for line in fields["expected"]["lines"] or ():
        for name in CONFIRMING_FIELDS:
            del line[name]
    parts = [owner.market.code, fields]
    return hashlib.sha256(orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def cart_fingerprint(units: PricedUnits, request: CheckoutRequest, codes: Sequence[str]) -> str:
    """Return a hash that is equal for two orders with the same lines, codes, payment method, address and e-mail address."""
    lines = sorted(f"{variant}x{quantity}@{price:.3f}" for variant, quantity, price in units)
    parts = [lines, request.method, request.address, request.email]
    parts += [sorted(codes)] if codes else []  # as releases that do not know codes
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_repeated(order: Order, units: PricedUnits, request: CheckoutRequest, codes: Sequence[str]) -> bool:
    """Return whether an order was placed by the same request, by their fingerprints.

    A saved address may have had the name of its country when the order was placed, and have its code now.
    """
    address, written = request.address, order.address.get("country", "")
    if request.address_id is not None and normalize_country(written) == address["country"]:
        request = replace(request, address={**address, "country": written})
    return cart_fingerprint(units, request, codes) == order.cart_fingerprint
