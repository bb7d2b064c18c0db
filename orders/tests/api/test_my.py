"""GET /api/orders/my/"""

from typing import Any

import pytest

from accounts.models import User
from carts.tests.factories import add_to_cart
from orders.models import Order, OrderItem, Payment
from orders.tests.factories import ADDRESS, customer, placed
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient


def make_orders(user: User, count: int, lines: int = 1, prefix: str = "250101") -> list[str]:
    """Make orders with this many lines each, and return their numbers, newest first."""
    orders = [
        Order.objects.create(
            number=f"{prefix}-{number:06}",
            user=user,
            status="processing",
            payment_method="cod",
            market="in",
            currency="INR",
            subtotal=20,
            total=20,
            address=ADDRESS,
        )
        for number in range(count)
    ]
    OrderItem.objects.bulk_create(
        OrderItem(order=order, name="Lamp", sku=f"LAMP-{line}", unit_price=20, quantity=1, line_total=20)
        for order in orders
        for line in range(lines)
    )
    Payment.objects.bulk_create(
        Payment(order=order, provider="cod", amount=20, amount_minor=2000, currency="INR") for order in orders
    )
    return [order.number for order in reversed(orders)]


def get_page(client: SchemaClient, link: str) -> dict[str, Any]:
    """Return the page at an absolute URL of the shop."""
    assert link.startswith("http://testserver/")
    page: dict[str, Any] = client.get(link.removeprefix("http://testserver")).json()
    return page


def get_order_numbers(body: dict[str, Any]) -> list[str]:
    """Return the order numbers of a page."""
    return [order["number"] for order in body["data"]]


@pytest.mark.parametrize("address", ["/api/orders/my/", "/api/orders/my", "/orders/my/", "/orders/my"])
def test_ones_own_orders_are_listed_whole_and_newest_first(db: None, address: str) -> None:
    client, lamp = customer(), make_product(price="20.00")
    add_to_cart(client, lamp, 2)
    first = placed(client)
    add_to_cart(client, lamp, 1)
    second = placed(client)

    response = client.get(address)

    assert response.status_code == 200
    assert response.json()["data"] == [second, first]
    assert response.json()["pagination"] == {"next": None, "previous": None, "page_size": 24}


def test_the_orders_of_others_and_of_guests_are_not_there(api: SchemaClient) -> None:
    lamp, bob = make_product(), customer("bob@example.com")
    add_to_cart(api, lamp)
    placed(api, email="ada@example.com")
    add_to_cart(bob, lamp)
    placed(bob)

    response = customer("ada@example.com").get("/api/orders/my/")

    assert response.json()["data"] == []


def test_a_guest_has_no_list(api: SchemaClient) -> None:
    response = api.get("/api/orders/my/")

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_pages_follow_each_other_in_both_directions(db: None) -> None:
    client = customer()
    newest_first = make_orders(User.objects.get(), 5)

    first = client.get("/api/orders/my/?page_size=2").json()
    second = get_page(client, first["pagination"]["next"])
    third = get_page(client, second["pagination"]["next"])
    back = get_page(client, third["pagination"]["previous"])

    assert [get_order_numbers(page) for page in (first, second, third)] == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert (first["pagination"]["previous"], third["pagination"]["next"]) == (None, None)
    assert get_order_numbers(back) == newest_first[2:4]
    assert first["pagination"]["page_size"] == 2


def test_orders_of_the_same_moment_are_neither_lost_nor_doubled(db: None) -> None:
    client = customer()
    newest_first = make_orders(User.objects.get(), 5)
    Order.objects.update(created_at=Order.objects.earliest("id").created_at)

    seen_numbers: list[str] = []
    link: str | None = "http://testserver/api/orders/my/?page_size=2"
    while link:
        page = get_page(client, link)
        seen_numbers += get_order_numbers(page)
        link = page["pagination"]["next"]

    assert seen_numbers == newest_first


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=many", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_size=1.5", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%F0%9F%9B%92", "cursor"),
        ("cursor=WyJuZXdlc3QiLCAibm90IGEgdGltZSIsIDEsIDBd", "cursor"),
        ("cursor=WyJwcmljZSIsICIxIiwgMSwgMF0", "cursor"),
    ],
)
def test_a_page_that_makes_no_sense_is_refused(db: None, query: str, field: str) -> None:
    response = customer().get(f"/api/orders/my/?{query}")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]


def test_a_page_costs_three_statements_however_much_is_on_it(db: None) -> None:
    client = customer()
    costs = []
    for count, lines in ((1, 1), (20, 5)):
        Order.objects.all().delete()
        make_orders(User.objects.get(), count, lines)
        with capture_statements() as run:
            response = client.get("/api/orders/my/")
        assert [len(order["items"]) for order in response.json()["data"]] == [lines] * count
        costs.append(len(run))

    assert costs == [3 + 1, 3 + 1]
