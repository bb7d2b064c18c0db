"""How an order is paid: the field `payment_method` or `method` of POST /api/orders/create/"""

import pytest

from carts.tests.factories import add_to_cart, get_cart
from orders.models import Order
from orders.tests.factories import ADDRESS, create, database_rows, order_body, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


@pytest.mark.parametrize("field", ["payment_method", "method"])
@pytest.mark.parametrize("written", ["cod", "COD", "Cod", " cod "])
def test_it_may_be_written_in_any_case_and_in_either_field(api: SchemaClient, field: str, written: str) -> None:
    add_to_cart(api, make_product())

    response = api.post("/api/orders/create/", {field: written, "address": ADDRESS, "email": "ada@example.com"})

    assert response.status_code == 201
    assert response.json()["data"]["payment_method"] == "cod"


@pytest.mark.sampled
@pytest.mark.parametrize("fields", [{}, {"payment_method": ""}, {"payment_method": "bitcoin"}, {"method": "cash"}, {"method": 5}])
def test_an_unknown_way_to_pay_is_refused(api: SchemaClient, fields: dict[str, object]) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = api.post("/api/orders/create/", {"address": ADDRESS, "email": "ada@example.com", **fields})

    assert response.status_code == 400
    assert response.json()["errors"] == {next(iter(fields), "payment_method"): ["Must be cod or stripe"]}  # as the client named it
    assert database_rows() == before


@pytest.mark.parametrize("written", ["stripe", "STRIPE"])
def test_a_card_is_not_taken_where_no_provider_is_configured(api: SchemaClient, written: str) -> None:
    add_to_cart(api, make_product(), 2)
    before = database_rows()

    response = create(api, "k-1", payment_method=written)

    assert (response.status_code, response.json()["code"]) == (503, "payment_not_configured")
    assert response["Retry-After"]
    assert not response.cookies
    assert database_rows() == before


def test_cash_on_delivery_works_after_a_card_was_refused(api: SchemaClient) -> None:
    add_to_cart(api, make_product(), 2)
    create(api, "k-1", payment_method="stripe")

    response = create(api, "k-1")

    assert response.status_code == 201
    assert get_cart(api)["items"] == []
    assert Order.objects.get().payment_method == "cod"


def test_an_order_that_is_paid_on_delivery_waits_for_its_money(api: SchemaClient) -> None:
    add_to_cart(api, make_product(price="20.00"), 2)

    order = placed(api)

    payment = Order.objects.get().payments.get()
    assert (order["status"], order["payment_status"]) == ("processing", "unpaid")
    assert (payment.provider, payment.state, payment.currency) == ("cod", "created", "INR")
    assert (payment.amount, payment.amount_minor, payment.captured_minor) == (40, 4000, 0)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_only_json_is_read(api: SchemaClient, content_type: str) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = api.generic("POST", "/api/orders/create/", "payment_method=cod&address=x", content_type)

    assert response.status_code == 415
    assert database_rows() == before


@pytest.mark.sampled
@pytest.mark.parametrize("body", ["", "[]", "5", "{", '{"payment_method": NaN}'])
def test_a_body_that_is_no_object_is_refused(api: SchemaClient, body: str) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = api.generic("POST", "/api/orders/create/", body, "application/json")

    assert response.status_code == 400
    assert database_rows() == before


def test_a_page_of_another_origin_cannot_order(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = api.post("/api/orders/create/", order_body(), headers={"Origin": "http://evil.com"})

    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert database_rows() == before
