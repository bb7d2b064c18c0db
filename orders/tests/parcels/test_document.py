"""docs/parcels.md: the states and the worked example are what the code does"""

import re
from pathlib import Path

import pytest
from django.conf import settings

from orders.exceptions import InvalidTransition
from orders.fulfilment.parcels import outcomes
from orders.models import Order, Payment, Shipment
from orders.selectors import payment_status
from orders.state import shipment_states
from orders.tests.parcels.parcels import STAFF, get_item, make_cash_order, send

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "parcels.md"


def test_the_document_shows_what_the_code_allows() -> None:
    section = DOCUMENT.read_text().split("| parcel | can become |\n| --- | --- |\n")[1].split("\n\n")[0]
    rows = (line.strip("|").split("|") for line in section.splitlines())
    table = {re.findall(r"`(\w+)`", state)[0]: set(re.findall(r"`(\w+)`", targets)) for state, targets in rows}

    assert {str(state): set(map(str, targets)) for state, targets in shipment_states.ALLOWED.items()} == table
    assert set(table) == set(Shipment.State.values)


@pytest.mark.parametrize("state", Shipment.State.values)
@pytest.mark.parametrize("to", Shipment.State.values)
def test_a_parcel_takes_no_other_way(state: str, to: str) -> None:
    shipment = Shipment(state=state, number=1)

    if to not in shipment_states.ALLOWED[state]:
        with pytest.raises(InvalidTransition):
            shipment_states.check_move(shipment, to)
        assert shipment.state == state


@pytest.mark.django_db
def test_the_worked_example_adds_up() -> None:
    order = make_cash_order()
    Payment.objects.update(amount=78, amount_minor=7800)

    first = send(order, lamp=2)
    seen = [_get_state(order, first)]
    outcomes.deliver_parcel(STAFF, first.pk)
    seen.append(_get_state(order, first))
    second = send(order)
    seen.append(_get_state(order, second))
    outcomes.deliver_parcel(STAFF, second.pk, refused={get_item(order, "CHAIR"): 1}, collected=1500)
    seen.append(_get_state(order, second))
    outcomes.correct_cash(STAFF, second.pk, 2000)
    seen.append(_get_state(order, second))

    assert seen == [
        (4800, 0, 0, "unpaid", ""),
        (4800, 4800, 0, "processing", ""),
        (3000, 0, 0, "processing", ""),
        (2000, 1500, 500, "processing", "cod_short"),
        (2000, 2000, 0, "paid", ""),
    ]
    assert Payment.objects.get().captured_minor == 6800


def _get_state(order: Order, shipment: Shipment) -> tuple[int, int, int, str, str]:
    row, parcel = Order.objects.get(pk=order.pk), Shipment.objects.get(pk=shipment.pk)
    status = payment_status(row, list(row.payments.all()))
    return parcel.cod_due_minor, parcel.cod_collected_minor, parcel.short_at_door_minor, status, row.attention
