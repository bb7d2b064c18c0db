"""The same routes at `/api/` and at `/`, with and without the trailing slash, without a redirect."""

import pytest

from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

FORMS = ["/api/{}/", "/api/{}", "/{}/", "/{}"]
READS = ["products", "products/lamp", "cart", "cart/current", "cart/summary", "config"]
ADDS = ["cart/add", "cart/items"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("route", READS)
def test_a_read_answers_in_all_four_forms(api: SchemaClient, form: str, route: str) -> None:
    make_product("Lamp")

    response = api.get(form.format(route))

    assert response.status_code == 200
    assert response.json()["success"] is True


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("route", ADDS)
def test_a_write_keeps_its_body_in_all_four_forms(api: SchemaClient, form: str, route: str) -> None:
    lamp = make_product("Lamp")

    response = api.post(form.format(route), {"product_id": lamp.pk, "quantity": 3})

    assert response.status_code == 201
    assert response.json()["data"]["quantity"] == 3


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("route", ["orders/create", "order/create"])
def test_an_order_is_placed_in_all_four_forms(api: SchemaClient, form: str, route: str) -> None:
    lamp = make_product("Lamp", price="20.00")
    api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 2})

    response = api.post(
        form.format(route), {"payment_method": "cod", "name": "Ada", "phone": "+4930123456", "address": "1 Mill Lane"}
    )

    assert response.status_code == 201
    assert response.json()["data"]["total"] == "40.00"


@pytest.mark.parametrize("form", FORMS)
def test_an_account_is_made_in_all_four_forms(api: SchemaClient, form: str) -> None:
    response = api.post(form.format("auth/register"), {"email": "ada@example.com", "password": "a lamp on the hill"})

    assert response.status_code == 201
    assert api.get(form.format("auth/me")).json()["data"]["email"] == "ada@example.com"


@pytest.mark.parametrize(
    "url", ["/healthz", "/healthz/", "/readyz", "/readyz/", "/api/schema", "/api/schema/", "/api/docs", "/api/docs/"]
)
def test_probes_and_pages_answer_in_both_forms(api: SchemaClient, url: str) -> None:
    assert api.get(url).status_code == 200
