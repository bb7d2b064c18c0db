"""The phone of an order: kept as written, with a copy in E.164 to search by"""

from importlib import import_module

import pytest
from django.apps import apps

from carts.tests.factories import add_to_cart
from orders.models import Address, Order
from orders.tests.factories import ADDRESS, customer, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
fill = import_module("orders.migrations.0006_order_phone_e164_rows").fill


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("sent", "kept", "e164"),
    [
        ("\u202a+91 98765 43210\u202c", "+91 98765 43210", "+919876543210"),
        ("\u2068+91 98765 43210\u2069", "+91 98765 43210", "+919876543210"),
        ("+91\u00a098765\u00a043210", "+91 98765 43210", "+919876543210"),
        ("+91 98765\u201143210", "+91 98765\u201143210", "+919876543210"),
        ("\uff0b\uff19\uff11 98765 43210", "\uff0b\uff19\uff11 98765 43210", "+919876543210"),
        ("+\u0669\u0661 98765 43210\u200b", "+\u0669\u0661 98765 43210", "+919876543210"),
        ("+1 312 805 9851 x12", "+1 312 805 9851 x12", "+13128059851"),
        ("+1 (312) 805-9851 ext. 5", "+1 (312) 805-9851 ext. 5", "+13128059851"),
        ("tel:+919876543210", "tel:+919876543210", "+919876543210"),
        ("+91 98765 43210;ext=5", "+91 98765 43210;ext=5", "+919876543210"),
        ("+91 98765 43210, +91 98765 43211", "+91 98765 43210, +91 98765 43211", "+919876543210"),
        ("+91 98765 43210 / 43211", "+91 98765 43210 / 43211", "+919876543210"),
        ("98765 43210 or 98765 43211", "98765 43210 or 98765 43211", "+919876543210"),
        ("020 7946 0958", "020 7946 0958", "+442079460958"),  # of the address's country
        ("98765 43210", "98765 43210", "+919876543210"),  # of the market's country
        ("+1 800 234 5678", "+1 800 234 5678", "+18002345678"),
        ("911", "911", ""),
        ("ring 12345 twice", "ring 12345 twice", ""),
        ("", "", ""),
    ],
)
@pytest.mark.parametrize("place", ["order", "address"])
def test_it_is_kept_as_written(place: str, sent: str, kept: str, e164: str) -> None:
    client = customer()
    add_to_cart(client, make_product())
    needs_phone = {"payment_method": "cod"} if sent else {"address": "12 Hill Road"}
    address = ADDRESS | {"phone": sent if place == "address" else ""}
    fields = {"address": address, "phone": sent if place == "order" else "", **needs_phone}

    order = placed(client, **fields)

    assert order["phone"] == kept
    assert Order.objects.values("phone", "phone_e164").get() == {"phone": kept, "phone_e164": e164}


def test_the_address_book_keeps_it_as_written_too() -> None:
    client = customer()

    response = client.post("/api/orders/addresses/", ADDRESS | {"phone": " \u202atel:+91 98765 43210;ext=5\u202c"})

    assert response.status_code == 201
    assert Address.objects.get().phone == "tel:+91 98765 43210;ext=5"


def test_orders_from_before_the_copy_get_it_by_the_migration(api: SchemaClient) -> None:
    lamp = make_product(stock=50)
    for phone in ("+91 98765 43210", "020 7946 0958", "+1 312 805 9851 x12", "911"):
        add_to_cart(api, lamp)
        placed(api, phone=phone)
    Order.objects.update(phone_e164="")

    fill(apps, None)

    numbers = Order.objects.order_by("pk").values_list("phone_e164", flat=True)
    assert list(numbers) == ["+919876543210", "+442079460958", "+13128059851", ""]
