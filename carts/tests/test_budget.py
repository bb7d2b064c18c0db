"""Statement counts of the cart endpoints: the same for 1 line as for 50."""

import pytest

from accounts.tests.factories import make_user
from carts.models import CartItem
from carts.tests.factories import CART_CHANGES, add_to_cart, change_cart, signed_in_client
from products.models import Product
from products.tests.factories import make_product, make_products
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient


def make_client_with_lines(lines: int, who: str) -> tuple[SchemaClient, Product]:
    """Return a guest's or a user's client whose cart holds this many lines, and the product of the first."""
    client = SchemaClient() if who == "guest" else signed_in_client(make_user(f"{lines}@example.com"))
    products = make_products(*(f"Product {number}" for number in range(lines)))
    cart_id = add_to_cart(client, products[0])["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart_id, variant_id=product.variants.values_list("pk", flat=True)[0], quantity=1, price_at_addition=20)
        for product in products[1:]
    )
    return client, products[0]


@pytest.mark.parametrize(("who", "extra"), [("guest", 0), ("user", 1)])
@pytest.mark.parametrize("lines", [1, 50])
def test_a_cart_costs_three_statements_and_its_summary_one(db: None, lines: int, who: str, extra: int) -> None:
    client, _ = make_client_with_lines(lines, who)

    with capture_statements() as cart_statements:
        response = client.get("/api/cart/")
    with capture_statements() as post_statements:
        client.post("/api/cart/", {})
    with capture_statements() as summary_statements:
        client.get("/api/cart/summary/")

    assert response.json()["data"]["count"] == lines
    assert (len(cart_statements), len(post_statements), len(summary_statements)) == (3 + extra, 3 + extra, 1 + extra)


@pytest.mark.parametrize(("who", "extra"), [("guest", 0), ("user", 1)])
@pytest.mark.parametrize("change", CART_CHANGES)
def test_a_change_costs_at_most_nine_however_many_lines_there_are(db: None, change: str, who: str, extra: int) -> None:
    costs = []
    for lines in (1, 50):
        client, product = make_client_with_lines(lines, who)
        with capture_statements() as statements:
            response = change_cart(client, change, product)
        assert response.status_code == 200
        costs.append(len(statements))

    assert costs[0] == costs[1]
    assert costs[0] <= 9 + extra


@pytest.mark.parametrize(("who", "extra"), [("guest", 0), ("user", 1)])
@pytest.mark.parametrize("lines", [0, 1, 50])
def test_a_new_line_costs_at_most_nine(db: None, lines: int, who: str, extra: int) -> None:
    client = make_client_with_lines(lines, who)[0] if lines else SchemaClient() if who == "guest" else signed_in_client(make_user())
    mug = make_product("Mug")

    with capture_statements() as statements:
        response = client.post("/api/cart/add/", {"product_id": mug.pk})

    assert response.status_code == 201
    assert len(statements) <= 9 + extra
