"""Whose cart is meant, as plain values."""

from dataclasses import dataclass
from datetime import datetime

from core.markets import Market


@dataclass(frozen=True, slots=True)
class CartOwner:
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
    ordered_at: datetime | None = None
    held_at: datetime | None = None

    @property
    def is_as_ordered(self) -> bool:
        """Whether nothing has changed it since its last order."""
        return self.ordered_at is not None and self.updated_at is not None and self.updated_at <= self.ordered_at

    @property
    def pk(self) -> int:
        """The id of a cart that is there. Raises ValueError where there is none yet."""
        if self.id is None:
            raise ValueError("this cart has no row yet")
        return self.id
