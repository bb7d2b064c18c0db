"""Changes to a cart are atomic: if any statement fails, nothing is changed."""

import pytest

from carts.tests.factories import CART_CHANGES, add_to_cart, change_cart, get_cart_rows
from carts.tests.faults import failing
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("change", CART_CHANGES)
def test_a_failing_statement_leaves_the_cart_as_it_was(api: SchemaClient, change: str, number: int) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)
    before = get_cart_rows()

    with failing(write=number):
        response = change_cart(api, change, lamp)

    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert response["Retry-After"] == "2"
    assert get_cart_rows() == before
    assert change_cart(api, change, lamp).status_code == 200


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_first_add_that_fails_leaves_no_cart(api: SchemaClient, number: int) -> None:
    lamp = make_product()

    with failing(write=number):
        response = api.post("/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 503
    assert get_cart_rows() == [[], [], []]
