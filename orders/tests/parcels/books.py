"""Where the units of an order in parcels are, what each parcel collects, and what goes back: naively, as the rules say.

It counts in the minor units of the currency, and in the places of the order's lines instead of ids.
"""

from dataclasses import dataclass, field

UNDER_WAY = ("shipped", "failed", "returning")


class Refused(Exception):
    """The shop must not do this."""


def require(condition: object) -> None:
    """Raise Refused unless this holds."""
    if not condition:
        raise Refused


@dataclass
class Parcel:
    """Units by line, with what they cost at the door, and what came of them."""

    units: dict[int, int]
    due: dict[int, int]
    charges: int = 0
    state: str = "packed"
    refused: dict[int, int] = field(default_factory=dict)
    counted: dict[int, int] = field(default_factory=dict)
    collected: int = 0
    remitted: int = 0
    short_by_carrier: int = 0


@dataclass
class Books:
    """An order of lines: how many units each has, what is paid for all of them, and what each variant has in stock."""

    quantities: list[int]
    paid: list[int]
    total: int
    stock: list[int]
    is_cash: bool = True
    step: int = 1
    status: str = "processing"
    payment: str = "created"
    parcels: list[Parcel] = field(default_factory=list)
    refunded: list[int] = field(default_factory=list)
    restocked: list[int] = field(default_factory=list)
    given_back: list[int] = field(default_factory=list)  # units whose money was given back
    after_delivery: list[int] = field(default_factory=list)  # those of them that had reached the buyer
    money_back: list[int] = field(default_factory=list)  # and what was given back

    def __post_init__(self) -> None:
        for name in ("refunded", "restocked", "given_back", "after_delivery", "money_back"):
            setattr(self, name, [0] * len(self.quantities))

    def part(self, paid: int, units: int, quantity: int) -> int:
        """Return what some of a number of units cost, in what can be charged; all cost all."""
        return paid if units >= quantity else (paid * units // quantity) // self.step * self.step

    # Where the units are

    def count(self, line: int, *states: str) -> int:
        """Return how many units of a line are in parcels of these states, without those that were not taken."""
        return sum(p.units.get(line, 0) - p.refused.get(line, 0) for p in self.parcels if p.state in states)

    def to_pack(self, line: int) -> int:
        """Return how many units of a line are in no live parcel and not refunded."""
        live = self.count(line, "packed", *UNDER_WAY, "delivered") - self.after_delivery[line]
        return max(0, self.quantities[line] - self.refunded[line] - live)

    def refundable(self, line: int) -> int:
        """Return how many units of a line are neither refunded nor in a parcel that may still reach the buyer."""
        return self.quantities[line] - self.refunded[line] - self.count(line, "packed", *UNDER_WAY)

    @property
    def lines(self) -> range:
        """The places of the lines."""
        return range(len(self.quantities))

    @property
    def unsent(self) -> int:
        """How many units the shop still has to send."""
        return sum(self.to_pack(line) + self.count(line, "packed") for line in self.lines)

    @property
    def under_way(self) -> int:
        """How many units are on their way to the buyer, or back."""
        return sum(self.count(line, *UNDER_WAY) for line in self.lines)

    # The money

    @property
    def charges(self) -> int:
        """What is due besides the lines: shipping, fee, and added tax on them."""
        return self.total - sum(self.paid)

    @property
    def captured(self) -> int:
        """The cash that came, or what was paid before."""
        return sum(parcel.collected for parcel in self.parcels) if self.is_cash else self.total

    def due(self, parcel: Parcel) -> int:
        """Return what a parcel has or had to collect."""
        if parcel.state in ("cancelled", "lost", "returned"):
            return 0
        lines = (self.part(parcel.due[n], parcel.units[n] - parcel.refused.get(n, 0), parcel.units[n]) for n in parcel.units)
        return parcel.charges + sum(lines)

    def short(self, parcel: Parcel) -> int:
        """Return what was due for a parcel, but not collected at the door."""
        return self.due(parcel) - parcel.collected if parcel.state == "delivered" else 0

    def carry_charges(self, parcel: Parcel) -> None:
        """Let a parcel collect the charges, unless another one does."""
        if self.is_cash and not any(other.charges for other in self.parcels):
            parcel.charges = self.charges

    def get_refund(self, line: int, units: int) -> int:
        """Return what is given back for so many more units of a line."""
        paid, quantity, before = self.paid[line], self.quantities[line], self.refunded[line]
        if self.is_cash:
            delivered = [p for p in self.parcels if p.state == "delivered" and line in p.units]
            quantity, before = self.count(line, "delivered"), self.given_back[line]
            paid = sum(self.part(p.due[line], p.units[line] - p.refused.get(line, 0), p.units[line]) for p in delivered)
        return max(0, self.part(paid, before + units, quantity) - self.money_back[line])

    @property
    def refund_rest(self) -> int:
        """What can still go back."""
        return self.captured - sum(self.money_back)

    def get_payment_status(self) -> str:
        """Return the payment status of an order that is paid at the door."""
        back, due = sum(self.money_back), sum(map(self.due, self.parcels))
        if not self.captured:
            return "unpaid"
        if self.captured == back:
            return "refunded"
        if self.payment == "created" or self.captured < due:
            return "processing"
        return "partially_refunded" if back else "paid"
