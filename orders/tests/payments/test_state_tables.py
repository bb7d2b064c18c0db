"""The state tables of payments and refunds: what the code allows is what docs/payments.md says, and nothing else is possible"""

import re
from pathlib import Path

import pytest
from django.conf import settings

from orders.exceptions import InvalidTransition
from orders.models import Payment, Refund
from orders.state import payment_states, refund_states

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "payments.md"


def read_table(name: str) -> dict[str, set[str]]:
    """Return the table of docs/payments.md whose first column has this heading."""
    section = DOCUMENT.read_text().split(f"| {name} | can become |\n| --- | --- |\n")[1].split("\n\n")[0]
    rows = (line.strip("|").split("|") for line in section.splitlines())
    return {re.findall(r"`(\w+)`", state)[0]: set(re.findall(r"`(\w+)`", targets)) for state, targets in rows}


@pytest.mark.parametrize(
    ("name", "allowed", "states"),
    [("payment", payment_states.ALLOWED, Payment.State.values), ("refund", refund_states.ALLOWED, Refund.State.values)],
)
def test_the_document_shows_what_the_code_allows(name: str, allowed: dict[str, frozenset[str]], states: list[str]) -> None:
    assert {str(state): set(map(str, targets)) for state, targets in allowed.items()} == read_table(name)
    assert set(map(str, allowed)) == set(states)


@pytest.mark.parametrize("state", Payment.State.values)
@pytest.mark.parametrize("to", Payment.State.values)
def test_a_payment_takes_no_other_way(state: str, to: str) -> None:
    payment = Payment(state=state)

    if to not in payment_states.ALLOWED[state]:
        with pytest.raises(InvalidTransition):
            payment_states.move(payment, to)
        assert payment.state == state


@pytest.mark.parametrize("state", Refund.State.values)
@pytest.mark.parametrize("to", Refund.State.values)
def test_a_refund_takes_no_other_way(state: str, to: str) -> None:
    refund = Refund(state=state)

    if to not in refund_states.ALLOWED[state]:
        with pytest.raises(InvalidTransition):
            refund_states.move(refund, to)
        assert refund.state == state


def test_only_the_state_room_writes_a_state() -> None:
    rows = "(payment|refund|shipment|parcel)"
    written = re.compile(rf"{rows}\.state(\s*,\s*[\w.]+)*\s=\s|\.update\([^)]*\bstate=|setattr\({rows}, .state.")
    modules = [path for path in (Path(settings.BASE_DIR) / "orders").rglob("*.py") if "tests" not in path.parts]

    assert [str(path) for path in modules if "state" not in path.parts and written.search(path.read_text())] == []
