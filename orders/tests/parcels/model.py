"""A naive model of what staff and carriers do with the parcels of an order, and what follows from it, written from the rules."""

from orders.tests.parcels.books import UNDER_WAY, Books, Parcel, Refused, require

__all__ = ["MOVES", "UNDER_WAY", "Order", "Parcel", "Refused"]
SENDABLE = ("processing", "shipped", "delivered", "returned")
MOVES = {  # what may become of a parcel, by what staff or its carrier do
    "ship": ("packed",),
    "fail": ("shipped",),
    "retry": ("failed",),
    "return": ("shipped", "failed"),
    "receive": ("shipped", "failed", "returning", "lost"),
    "lose": ("shipped", "failed", "returning"),
    "deliver": ("packed", "shipped", "failed", "returning", "lost"),
    "cancel": ("packed",),
}


class Order(Books):
    """An order whose parcels are packed, sent, delivered, refused, lost, found and counted."""

    # What staff do

    def pack(self, units: dict[int, int] | None) -> None:
        """Pack these units, or all that are left."""
        require(self.status in SENDABLE)
        left = {line: self.to_pack(line) for line in self.lines if self.to_pack(line)}
        chosen = left if units is None else {line: count for line, count in units.items() if count}
        require(chosen and all(count <= left.get(line, 0) for line, count in chosen.items()))
        parcel = Parcel(chosen, {line: self._get_due(line, count) for line, count in chosen.items()})
        self.carry_charges(parcel)
        self.parcels.append(parcel)

    def _get_due(self, line: int, count: int) -> int:
        if not self.is_cash:
            return 0
        before = self.quantities[line] - self.to_pack(line)
        kept = [p for p in self.parcels if p.state != "cancelled" and line in p.units]
        aside = max(0, before - sum(p.units[line] for p in kept))
        asked = sum(p.due[line] for p in kept) + self.part(self.paid[line], aside, self.quantities[line])
        return max(0, self.part(self.paid[line], before + count, self.quantities[line]) - asked)

    def move(self, number: int, action: str) -> Parcel:
        """Return a parcel that this may become of."""
        parcel = self.parcels[number]
        require(parcel.state in MOVES[action])
        return parcel

    def ship(self, number: int) -> None:
        """Send a packed parcel."""
        self.move(number, "ship").state = "shipped"
        self.settle()

    def ship_all(self) -> None:
        """Send all packed parcels, and all that is left in another one."""
        require(self.status in SENDABLE)
        packed = [parcel for parcel in self.parcels if parcel.state == "packed"]
        if any(map(self.to_pack, self.lines)) or not packed:
            self.pack(None)
        for number, parcel in enumerate(self.parcels):
            if parcel.state == "packed":
                self.ship(number)

    def deliver_all(self) -> None:
        """Deliver all parcels that are under way, for all that is due."""
        require(self.status == "shipped")
        for number, parcel in enumerate(self.parcels):
            if parcel.state in UNDER_WAY:
                self.deliver(number, {}, None)

    def fail(self, number: int, action: str) -> None:
        """Record that a parcel failed, is tried again, or is coming back."""
        self.move(number, action).state = {"fail": "failed", "retry": "shipped", "return": "returning"}[action]

    def cancel_parcel(self, number: int) -> None:
        """Take the units of a packed parcel out of it."""
        parcel = self.move(number, "cancel")
        parcel.state = "cancelled"
        self._release(parcel)
        self.settle()

    def _release(self, parcel: Parcel) -> None:
        """Let the next parcel that is still packed collect the charges."""
        charges, parcel.charges = parcel.charges, 0
        heirs = [other for other in self.parcels if other.state == "packed"]
        if charges and heirs:
            heirs[0].charges = charges

    def deliver_sent(self, number: int, refused: dict[int, int], collected: int | None) -> None:
        """Staff deliver a parcel: only a carrier's report delivers one that is packed."""
        require(self.parcels[number].state != "packed")
        self.deliver(number, refused, collected)

    def deliver(self, number: int, refused: dict[int, int], collected: int | None) -> None:
        """Deliver a parcel, of which some units were not taken, for all that is due or for less."""
        parcel = self.move(number, "deliver")
        taken = {line: count for line, count in refused.items() if count}
        require(not taken or self.is_cash)
        require(self.can_deliver(number))
        require(all(count <= parcel.units.get(line, 0) for line, count in taken.items()))
        require(sum(taken.values()) < sum(parcel.units.values()))
        if parcel.state == "lost":
            self._count_undelivered(parcel, -1)
            self.carry_charges(parcel)
        parcel.refused, parcel.state = taken, "delivered"
        for line, count in taken.items():
            self.refunded[line] += count
        due = self.due(parcel)
        require(collected is None or 0 <= collected <= due)
        parcel.collected = due if collected is None else collected
        self.settle()

    def can_deliver(self, number: int) -> bool:
        """Return whether a parcel may reach the buyer: what was lost may not if its units were sent again or refunded."""
        parcel = self.parcels[number]
        is_free = self.is_cash or all(self.to_pack(line) >= count for line, count in parcel.units.items())
        return parcel.state in MOVES["deliver"] and (parcel.state != "lost" or is_free)

    def lose(self, number: int) -> None:
        """Record that a parcel is lost."""
        parcel = self.move(number, "lose")
        parcel.state = "lost"
        self._end(parcel)

    def receive(self, number: int, counted: dict[int, int]) -> None:
        """Take a parcel back, with units that go on the shelf."""
        parcel = self.move(number, "receive")
        if parcel.state == "lost":
            self._count_undelivered(parcel, -1)
        parcel.state = "returned"
        self._end(parcel)
        if any(counted.values()):
            self.shelve(number, counted)

    def _end(self, parcel: Parcel) -> None:
        self._count_undelivered(parcel, 1)
        self._release(parcel)
        self.settle()

    def _count_undelivered(self, parcel: Parcel, sign: int) -> None:
        """Count units as refunded that did not arrive, if the buyer has not paid for them; or take that back."""
        if self.is_cash:
            for line, count in parcel.units.items():
                self.refunded[line] += sign * count

    def shelve(self, number: int, counted: dict[int, int]) -> None:
        """Put units of a parcel back on the shelf that did not stay with the buyer."""
        parcel = self.parcels[number]
        require(parcel.state in ("delivered", "returned"))
        room = self.get_countable(number)
        for line, count in counted.items():
            if count:
                require(self.is_cash and count <= room.get(line, 0))
                parcel.counted[line] = parcel.counted.get(line, 0) + count
                self._restock(line, count)

    def get_countable(self, number: int) -> dict[int, int]:
        """Return the units of a parcel that are not with the buyer, and not on the shelf yet."""
        parcel = self.parcels[number]
        undelivered = parcel.units if parcel.state == "returned" else parcel.refused
        return {line: count - parcel.counted.get(line, 0) for line, count in undelivered.items()}

    def _restock(self, line: int, count: int) -> None:
        self.restocked[line] += count
        self.stock[line] += count

    def correct(self, number: int, collected: int) -> None:
        """Correct the cash of a delivered parcel."""
        parcel = self.parcels[number]
        require(self.is_cash and parcel.state == "delivered" and 0 < self.due(parcel) >= collected >= 0)
        require(collected >= parcel.remitted + parcel.short_by_carrier)
        require(self.captured - parcel.collected + collected >= sum(self.money_back))
        parcel.collected = collected
        self.settle()

    def remit(self, number: int, paid: int) -> bool:
        """Let the carrier pay for a parcel; return whether it can."""
        parcel = self.parcels[number]
        if parcel.state != "delivered" or not 0 <= paid <= parcel.collected - parcel.remitted:
            return False
        parcel.remitted += paid
        parcel.short_by_carrier = parcel.collected - parcel.remitted
        return True

    def cancel(self) -> None:
        """Cancel what is not sent: the order, or the rest of it."""
        is_sent = any(parcel.state not in ("packed", "cancelled") for parcel in self.parcels)
        require(self.unsent if is_sent else self.status == "processing")
        for parcel in self.parcels:
            if parcel.state == "packed":
                parcel.state, parcel.charges = "cancelled", 0
        refund = 0
        for line in self.lines:
            if count := self.to_pack(line):
                if not self.is_cash and is_sent:
                    share = self.get_refund(line, count)
                    refund, self.money_back[line] = refund + share, self.money_back[line] + share
                self.refunded[line] += count if is_sent else 0
                self.restocked[line] += count if is_sent else 0
                self.stock[line] += count
        if not is_sent:
            self.status, self.payment = "cancelled", "cancelled" if self.is_cash else self.payment
        self.settle()

    def refund(self, line: int, units: int, *, shelved: bool) -> int:
        """Give back what was paid for units; return the amount."""
        require(self.status != "cancelled" and 0 < units <= self.refundable(line))
        amount = min(self.get_refund(line, units), self.refund_rest)
        require(amount > 0)
        self.money_back[line] += amount
        self.after_delivery[line] += min(units, self.count(line, "delivered") - self.after_delivery[line])
        self.given_back[line] += units
        self.refunded[line] += units
        if shelved:
            self._restock(line, units)
        self.settle()
        return amount

    # What follows

    def settle(self) -> None:
        """Bring status and payment to where the units are."""
        is_sent = any(parcel.state not in ("packed", "cancelled") for parcel in self.parcels)
        if self.status == "cancelled" or not is_sent:
            return
        if self.is_cash and not self.unsent and not self.under_way:
            self.payment = "succeeded" if self.captured or self.payment == "succeeded" else "cancelled"
        if self.status == "delivered" or (self.status == "processing" and self.unsent):
            return
        has_packed = any(self.count(line, "packed") for line in self.lines)
        delivered = sum(self.count(line, "delivered") for line in self.lines)
        if self.under_way:
            self.status = "shipped"
        elif not has_packed:
            self.status = "delivered" if delivered else "returned"
