"""Value objects that identify a cart and its owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.markets import Market
from pricing.delivery.places import Place, build_place


@dataclass(frozen=True, slots=True)
class CartOwner:
    """The owner of a cart: a user, or a guest with the keys from the request, in order of precedence."""

    market: Market
    user_id: int | None = None
    user_name: str | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CartRef:
    """An owner's cart in a market; `id` is None until the first write creates the cart."""

    market: Market
    user_id: int | None
    user_name: str | None
    key: str | None
    id: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    ordered_at: datetime | None = None
    held_at: datetime | None = None
    country: str = ""
    postal_code: str = ""
    state: str = ""
    shipping_method: str = ""
    shown_rate: Mapping[str, Any] | None = None

    @property
    def place(self) -> Place:
        """Where it would be delivered: somewhere in the market's country, unless the buyer has said more."""
        return build_place(self.market, country=self.country, postal_code=self.postal_code, state=self.state)

    @property
    def is_unchanged_since_order(self) -> bool:
        """Whether the cart is unchanged since its last order."""
        return self.ordered_at is not None and self.updated_at is not None and self.updated_at <= self.ordered_at

    @property
    def pk(self) -> int:
        """The id of the cart's row. Raises ValueError if there is no row yet."""
        if self.id is None:
            raise ValueError("this cart has no row yet")
        return self.id
