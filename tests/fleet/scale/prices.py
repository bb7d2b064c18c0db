"""The prices that staff have set, and how old an answer with one of them is."""

from dataclasses import dataclass, field
from threading import Lock

from tests.fleet.scale.plan import BASE_PRICE


@dataclass
class Price:
    """A price that staff set, on the monotonic clock; `acknowledged` is None while its request has no answer."""

    amount: int
    sent: float
    acknowledged: float | None


@dataclass
class PriceHistory:
    """The prices of a product, oldest first. Each is set once, so that an answer names its version."""

    prices: list[Price] = field(default_factory=lambda: [Price(BASE_PRICE, 0, 0)])
    lock: Lock = field(default_factory=Lock)

    def send(self, amount: int, now: float) -> None:
        """Note that staff set a price now."""
        with self.lock:
            self.prices.append(Price(amount, now, None))

    def acknowledge(self, now: float) -> None:
        """Note that the last price is set."""
        with self.lock:
            self.prices[-1].acknowledged = now

    def get_age(self, amount: int, started: float) -> float | None:
        """Return for how many seconds this price had been replaced when a request was sent; None if it never was a price."""
        with self.lock:
            amounts = [price.amount for price in self.prices]
            if amount not in amounts:
                return None
            later = self.prices[amounts.index(amount) + 1 :]
            replaced = [price.acknowledged for price in later if price.acknowledged is not None]
            return max(0.0, started - min(replaced)) if replaced else 0.0
