"""Statement counts with delivery: the same without zones as with fifty, and with 1 line as with 50."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.tests.factories import make_user
from carts.models import CartItem
from carts.tests.factories import CART_CHANGES, add_to_cart, change_cart, signed_in_client
from orders.tests.factories import ADDRESS, create
from pricing import rules
from pricing.models import ServiceArea, ShippingMethod, Zone
from products.models import Product
from products.tests.factories import make_product, make_products
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

PUNE = {**ADDRESS, "city": "Pune", "state": "Maharashtra", "postal_code": "411001", "country": "IN"}
SETUPS = ["nothing", "zones", "zones and areas"]
AREAS = 20_000


def make_places(setup: str, *, areas: int = 500) -> None:
    """Make fifty zones with three methods each, of which the last one takes Pune, and areas."""
    if setup == "nothing":
        return
    zones = [Zone(name=f"{number}", market="in", countries=["IN"], postal_prefixes=[f"{number:03}"]) for number in range(362, 412)]
    methods = [
        ShippingMethod(zone=zone, code=f"post-{number}-{zone.name}", name="Post", price=50 + number)
        for zone in Zone.objects.bulk_create(zones)
        for number in range(3)
    ]
    ShippingMethod.objects.bulk_create(methods)
    if setup == "zones and areas":
        make_areas(areas)
    rules.rebuild()


def make_areas(count: int) -> None:
    """Let two carriers serve the postal codes from 400000 on, and 411001."""
    codes = [*range(400_000, 400_000 + count // 2 - 1), 411_001]
    ServiceArea.objects.bulk_create(
        [
            ServiceArea(market="in", country="IN", postal_code=str(code), carrier=carrier, days=3)
            for code in codes
            for carrier in ("Post", "Van")
        ],
        batch_size=5000,
    )


def make_cart(lines: int, setup: str) -> tuple[SchemaClient, Product]:
    """Return a guest whose cart for Pune holds this many lines, and the product of the first."""
    make_places(setup)
    client, products = SchemaClient(), make_products(*(f"Product {number}" for number in range(lines)))
    cart = add_to_cart(client, products[0])["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart, variant=product.variants.get(), quantity=1, price_at_addition=20) for product in products[1:]
    )
    response = client.post("/api/cart/delivery/", {"country": "IN", "postal_code": "411001"})
    assert response.status_code == 200
    return client, products[0]


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("lines", [1, 50])
def test_a_cart_costs_three_statements_its_summary_one_and_its_delivery_three(db: None, lines: int, setup: str) -> None:
    client, _ = make_cart(lines, setup)
    counts = []

    for address in ("/api/cart/", "/api/cart/summary/", "/api/cart/delivery/"):
        with capture_statements() as statements:
            response = client.get(address)
        assert response.status_code == 200
        counts.append(len(statements))

    assert counts == [3, 1, 3]


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("change", CART_CHANGES)
def test_a_change_costs_at_most_nine(db: None, change: str, setup: str) -> None:
    client, product = make_cart(50, setup)

    with capture_statements() as statements:
        response = change_cart(client, change, product)

    assert (response.status_code, len(statements) <= 9) == (200, True), len(statements)


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("lines", [1, 50])
def test_a_choice_of_delivery_costs_eight(db: None, lines: int, setup: str) -> None:
    client, _ = make_cart(lines, setup)

    with capture_statements() as statements:
        response = client.post("/api/cart/delivery/", {"country": "IN", "postal_code": "411001", "state": "MH"})

    assert (response.status_code, len(statements)) == (200, 8)


@pytest.mark.parametrize("counts_refusals", [False, True])
def test_delivery_costs_an_account_one_more_and_another_where_refused_orders_count(
    db: None, settings: Settings, counts_refusals: bool
) -> None:
    settings.COD_RULES = {"in": (None, 3 if counts_refusals else None)}
    client = signed_in_client(make_user())
    add_to_cart(client, make_product())
    counts = []

    for postal_code in ("411001", "411001", None):  # a choice, the same again, and a look at it
        place = {"postal_code": postal_code}
        with capture_statements() as statements:
            response = client.post("/api/cart/delivery/", place) if postal_code else client.get("/api/cart/delivery/")
        assert response.status_code == 200
        counts.append(len(statements))

    assert counts == [count + 1 + counts_refusals for count in (8, 6, 3)]


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("fields", [{}, {"shipping_method": True}])
@pytest.mark.parametrize("fee", [0, 5])
def test_an_order_costs_at_most_fifteen_and_one_more_for_a_fee(db: None, fee: int, fields: dict[str, Any], setup: str) -> None:
    counts: list[int] = []
    has_fee = fee > 0 and setup != "nothing"
    for lines in (1, 50):
        client, _ = make_cart(lines, setup if not counts else "nothing")  # the zones stay
        ShippingMethod.objects.update(cod_fee=fee)
        rules.rebuild()
        shown = client.get("/api/cart/delivery/").json()["data"]["methods"][0]
        sent = {"shipping_method": shown["code"], "expected_total": shown["payments"][0]["total"]} if fields else {}

        with capture_statements() as statements:
            response = create(client, address=PUNE, accept_price_changes=True, **sent)

        assert response.status_code == 201, response.json()
        counts.append(len(statements))

    assert counts[0] == counts[1]
    assert counts[0] <= 15 + has_fee


def test_a_check_costs_one_statement_and_two_for_a_product_with_twenty_thousand_areas(api: SchemaClient) -> None:
    make_places("zones and areas", areas=AREAS)
    lamp = make_product()
    counts = []

    for query in ("postal_code=411001", f"postal_code=411001&product_id={lamp.pk}", "postal_code=411999"):
        with capture_statements() as statements:
            response = api.get(f"/api/delivery/check/?{query}")
        counts.append((response.json()["data"]["serviceable"], len(statements)))

    assert ServiceArea.objects.count() == AREAS
    assert counts == [(True, 1), (True, 2), (False, 1)]


@pytest.mark.postgresql
def test_a_check_finds_its_area_in_the_index(api: SchemaClient) -> None:
    make_places("zones and areas", areas=AREAS)
    with capture_statements() as statements:
        api.get("/api/delivery/check/", {"postal_code": "411001"})

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pricing_servicearea")
        cursor.execute(f"EXPLAIN {statements[0]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert plan.count("using service_area_once") == 3
    assert "Seq Scan on pricing_servicearea" not in plan
