"""What carriers pay, in files with errors, and a plain account of which rows pay for which parcels."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

from django.core.management import call_command

from orders.models import Order, Shipment
from orders.tests.parcels.walks import Walk

OWN, OTHER = "Post", "Van"
Place = tuple[Walk, int]  # of a parcel


@dataclass
class Row:
    """A row of a file: the number that it names, the parcel that it means, if any, and what it pays."""

    name: str
    place: Place | None
    paid: int
    is_matched: bool = False


@dataclass
class Payout:
    """A file of a carrier."""

    carrier: str
    reference: str
    rows: list[Row] = field(default_factory=list)

    def write(self, folder: Path) -> Path:
        """Write the file."""
        lines = [f"{row.name},{Decimal(row.paid).scaleb(-2)}" for row in self.rows]
        path = folder / f"{self.reference}.csv"
        path.write_text("\n".join(["tracking_number,amount_paid", *lines]))
        return path


class Carriers:
    """Pay for parcels, and make mistakes."""

    def __init__(self, draw: Random, folder: Path) -> None:
        self.draw, self.folder = draw, folder
        self.payouts: list[Payout] = []

    def pay(self, walks: list[Walk]) -> None:
        """Pay for some parcels of these orders, or send a file once more."""
        if self.payouts and self.draw.random() < 0.25:
            self.import_file(self.draw.choice(self.payouts))
            return
        payout = Payout(self.draw.choice([OWN, OWN, OWN, OTHER]), f"R{len(self.payouts)}")
        places = [(walk, number) for walk in walks for number in range(len(walk.model.parcels))]
        for walk, number in self.draw.sample(places, min(len(places), 15)):
            payout.rows += self._draw_rows(walk, number)
        self.payouts.append(payout)
        self.import_file(payout)

    def _draw_rows(self, walk: Walk, number: int) -> list[Row]:
        """Draw what a file says of a parcel: the whole amount, too little, too much, the same twice, or an unknown number."""
        parcel = walk.model.parcels[number]
        rest = (parcel.collected or walk.model.due(parcel)) - parcel.remitted
        label = f"{Order.objects.values_list('number', flat=True).get(pk=walk.pk)}-{number + 1}"
        mistake = self.draw.choices(["", "little", "much", "twice", "unknown"], [8, 1, 1, 1, 1])[0]
        paid = {"little": self.draw.randint(0, rest), "much": rest + self.draw.randint(1, 99)}.get(mistake, rest)
        row = Row(f"X{label}", None, paid) if mistake == "unknown" else Row(label, (walk, number), paid)
        return [row, Row(label, (walk, number), paid)] if mistake == "twice" else [row]

    def import_file(self, payout: Payout) -> None:
        """Import a file, and account for it: rows that had no parcel are tried again, and each file pays a parcel once."""
        if not payout.rows:
            return
        path = payout.write(self.folder)
        carriers = {row.name: self._get_carrier(row.place) for row in payout.rows if row.place is not None}
        call_command("import_remittance", carrier=payout.carrier, file=path, reference=payout.reference, verbosity=0)
        for row in sorted(payout.rows, key=lambda row: row.place[0].pk if row.place is not None else 0):
            is_paid = any(other.is_matched and other.name == row.name for other in payout.rows)
            if row.place is not None and not is_paid and carriers[row.name] in ("", payout.carrier):
                walk, number = row.place
                row.is_matched = walk.model.remit(number, row.paid)

    @staticmethod
    def _get_carrier(place: Place) -> str:
        walk, number = place
        carrier: str = Shipment.objects.values_list("carrier", flat=True).get(order=walk.pk, number=number + 1)
        return carrier

    def count_matched(self) -> tuple[int, int]:
        """Return how many rows have paid for a parcel, and how much."""
        rows = [row for payout in self.payouts for row in payout.rows if row.is_matched]
        return len(rows), sum(row.paid for row in rows)
