"""Whose cart is meant, as plain values."""

from dataclasses import dataclass
from datetime import datetime

from store.core.markets import Market


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for a cart: a user, or a guest with the keys that his request carries, in the order in which they count."""

    market: Market
    user_id: int | None = None
    user_name: str | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CartRef:
    """The cart that a caller has in a market, or would have: `id` is None until the first write."""

    market: Market
    user_id: int | None
    user_name: str | None
    key: str | None
    id: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
