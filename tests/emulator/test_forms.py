"""Unusual forms that no Stripe client sends, and how the emulator's API parses them"""

import pytest

from tests.emulator.processes import Emulator, run_emulator
from tests.emulator.stripe_clients import StripeShop

PLAIN = (
    "mode=payment&success_url=https://shop.example/&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd"
    "&line_items[0][price_data][unit_amount]=2000&line_items[0][price_data][product_data][name]=Lamp"
)


def test_metadata_may_have_numbers_for_names(emulator: Emulator) -> None:
    response = emulator.api("POST", "/v1/checkout/sessions", f"{PLAIN}&metadata[0]=x&metadata[7]=y")

    assert response.json["metadata"] == {"0": "x", "7": "y"}


def test_a_value_and_an_object_cannot_have_one_name(emulator: Emulator) -> None:
    response = emulator.api("POST", "/v1/checkout/sessions", f"{PLAIN}&metadata=x&metadata[a]=b")

    assert response.status == 400


@pytest.mark.parametrize(
    "form",
    [
        "expand[a]=b",
        "payment_intent_data[0][a]=b",
        "expires_at=--5",
        "expires_at=%C2%B2",
        f"expires_at={'9' * 5000}",
        "metadata[%C2%B2]=x",
    ],
)
def test_a_strange_form_is_refused_in_words(emulator: Emulator, form: str) -> None:
    response = emulator.api("POST", "/v1/checkout/sessions", f"{PLAIN}&{form}")

    assert response.status == 400


@pytest.mark.parametrize("name", ["customer_email", "client_reference_id", "locale"])
def test_an_object_is_no_text(name: str) -> None:
    with run_emulator() as emulator:
        response = emulator.api("POST", "/v1/checkout/sessions", f"{PLAIN}&{name}[a]=b")

    assert response.status == 400


def test_a_strange_filter_is_refused_in_words(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session().id

    assert emulator.api("GET", f"/v1/checkout/sessions/{session}/line_items?created[gt]=1").status == 400


def test_a_body_that_is_too_large_is_refused(emulator: Emulator) -> None:
    response = emulator.api("POST", "/v1/refunds", Content_Length="1000001")

    assert response.status == 413
