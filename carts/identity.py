"""Value objects that identify a cart and its owner."""

from dataclasses import dataclass
from datetime import datetime

from core.markets import Market


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
