"""`check_integrity` holds parcels and remittances together, and a month of random payments adds up in every currency"""

import random
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F, Sum

from core import money
from orders.fulfilment.parcels import outcomes
from orders.models import Order, Payment, Remittance, RemittanceLine, Shipment
from orders.remittances import balance, recording
from orders.tests.parcels.parcels import list_problems
from orders.tests.remittances.remittances import STAFF, build_draft, import_file, make_lamp, make_parcel
from products.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def parcel(tmp_path: Path) -> Shipment:
    """A parcel of 20.00 that its carrier has paid with 15.00."""
    parcel = make_parcel(make_lamp())
    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},15.00\n")
    assert list_problems() == []
    return parcel


def find_breaks(**fields: Any) -> list[str]:
    """Change the columns of all parcels; return what `check_integrity` finds."""
    Shipment.objects.update(**fields)
    return list_problems()


def test_what_is_remitted_is_what_the_rows_pay(parcel: Shipment) -> None:
    assert find_breaks(remitted_minor=1400) == [
        f"parcel {parcel.label}: 1400 remitted, but its remittances add up to another amount"
    ]


def test_what_is_short_by_the_carrier_is_in_a_remittance(parcel: Shipment) -> None:
    RemittanceLine.objects.all().delete()

    assert find_breaks(remitted_minor=0) == [f"parcel {parcel.label}: is short by its carrier, but in no remittance"]


def test_what_was_settled_before_is_in_no_remittance(parcel: Shipment) -> None:
    assert find_breaks(settled_before=True) == [
        f"parcel {parcel.label}: is in a remittance, but was settled before the shop had parcels"
    ]


def test_a_remittance_has_the_currency_of_its_parcels(parcel: Shipment) -> None:
    Remittance.objects.update(currency="JPY")

    assert list_problems() == ["remittance Post R1: row 2 pays a parcel in another currency"]


def test_a_remittance_pays_a_parcel_once(parcel: Shipment) -> None:
    RemittanceLine.objects.create(remittance=Remittance.objects.get(), row=3, shipment=parcel, paid_minor=0)

    assert list_problems() == ["remittance Post R1: row 3 pays a parcel that another row pays, too"]


@pytest.fixture
def lamps(db: None) -> Product:
    """A lamp whose price has odd digits."""
    return make_lamp("19.99")


@pytest.mark.parametrize(("currency", "seed"), [("INR", 1), ("JPY", 2), ("KWD", 3)])
def test_a_month_of_random_payments_adds_up(currency: str, seed: int, lamps: Product, tmp_path: Path) -> None:
    chance = random.Random(seed)
    parcels = [make_parcel(lamps, f"buyer{number}@example.com", is_delivered=chance.random() < 0.8) for number in range(12)]
    Order.objects.update(currency=currency)
    Payment.objects.update(currency=currency)
    total = 0
    for reference in range(4):
        rows = ["awb,amount"]
        for parcel in chance.sample(parcels, 6):
            paid = chance.choice([1999, 1000, 999, 1, 0, 2500])
            total += paid
            rows.append(f"{parcel.tracking_number},{money.format_minor(paid, currency)}")
        draft = build_draft(tmp_path, "\n".join(rows), reference=f"R{reference}", currency=currency)
        recording.record(STAFF, draft)
        for parcel in chance.sample(parcels, 2):
            if Shipment.objects.get(pk=parcel.pk).state == "shipped":
                outcomes.deliver_parcel(STAFF, parcel.pk)
        matched_lines = list(RemittanceLine.objects.exclude(shipment=None))
        if matched_lines:
            recording.remove_line(STAFF, chance.choice(matched_lines).pk)
        recording.match_again(STAFF, chance.choice(list(Remittance.objects.all())))

    lines = RemittanceLine.objects.all()
    assert lines.aggregate(sum=Sum("paid_minor"))["sum"] == total
    matched = lines.exclude(shipment=None).aggregate(sum=Sum("paid_minor", default=0))["sum"]
    [row] = balance.list_balances(Shipment.objects.all(), Remittance.objects.all())
    cash = {kind: amount for kind, (_, amount) in row.cash.items()}
    assert (row.currency, cash["remitted"]) == (currency, matched)
    assert cash["collected"] == cash["remitted"] + cash["short_by_carrier"] + cash["open"]
    assert cash["collected"] == Payment.objects.aggregate(sum=Sum("captured_minor"))["sum"]
    paid_more = F("remitted_minor") + F("short_by_carrier_minor")
    assert not Shipment.objects.filter(cod_collected_minor__lt=paid_more).exists()
    assert [problem for problem in list_problems() if "remit" in problem or "short" in problem] == []
