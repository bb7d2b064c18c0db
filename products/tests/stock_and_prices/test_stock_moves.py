"""POST and GET /api/products/<pk>/stock/"""

from typing import Any

import pytest

from products.models import StockMovement
from products.tests.editors import (
    assert_refused,
    cases,
    customer_client,
    dump_catalog,
    get_detail,
    get_variant,
    list_movements,
    list_products,
    make_product_of,
    make_tee,
    seller_client,
    staff_client,
    sum_movements,
)
from products.tests.factories import make_product, update_variant
from tests.people import User
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("reason", ["received", "return", "damage", "correction"])
@pytest.mark.parametrize(("delta", "expected"), [(12, 22), (-3, 7), ("5", 15), (-10, 0), (10**9, 10**9 + 10)])
def test_units_are_added_or_taken_with_the_reason(delta: Any, expected: int, reason: str) -> None:
    client = seller_client()
    lamp = make_product_of("seller@example.com", sku="L-1", stock=10)

    response = client.post(f"/api/products/{lamp.slug}/stock/", {"delta": delta, "reason": reason, "reference": "DN 7"})

    assert response.status_code == 200
    assert response.json()["message"] == "Stock updated successfully"
    assert response.json()["data"]["stock"] == expected
    assert response.json()["data"] == client.get(f"/api/products/{lamp.pk}/").json()["data"]
    assert list_movements("L-1") == [(10, "initial", ""), (int(delta), reason, "")]
    movement = StockMovement.objects.latest("id")
    assert (movement.reference, movement.user_id) == ("DN 7", User.objects.get().pk)
    assert (get_variant("L-1").stock, [item["is_available"] for item in list_products(in_stock="true")]) == (
        expected,
        [True] if expected else [],
    )


@pytest.mark.parametrize("reason_text", ["Found behind the shelf", "sale", "import", "initial", "RECEIVED", "=1+1", "x" * 200])
def test_free_text_is_the_note_of_a_correction(reason_text: str) -> None:
    lamp = make_product(sku="L-1", stock=10)

    staff_client().post(f"/api/products/{lamp.pk}/stock/", {"delta": 1, "reason": reason_text})

    assert list_movements("L-1")[1] == (1, "correction", reason_text)


@pytest.mark.parametrize("name", ["sku_id", "variant_id"])
def test_of_several_variants_one_is_named(name: str) -> None:
    tee = make_tee()

    response = staff_client().post(
        f"/api/products/{tee.pk}/stock/", {name: get_variant("TEE-M").pk, "delta": 2, "reason": "received"}
    )

    assert [item["stock"] for item in response.json()["data"]["variants"]] == [4, 12]
    assert (sum_movements("TEE-S"), sum_movements("TEE-M")) == (4, 12)


@pytest.mark.parametrize(
    ("payload", "status", "code", "fields"),
    [
        ({}, 400, "variant_required", ["variant_id"]),
        ({"sku_id": None, "variant_id": None}, 400, "variant_required", ["variant_id"]),
        ({"sku_id": 999_999}, 404, "variant_not_found", []),
        ({"variant_id": "{foreign}"}, 404, "variant_not_found", []),
        *(
            ({name: value}, 400, "invalid", [name])
            for name in ("sku_id", "variant_id")
            for value in cases(0, -1, "a", 1.5, 2**63, [], True)
        ),
    ],
)
def test_another_variant_or_none_is_refused(payload: dict[str, Any], status: int, code: str, fields: list[str]) -> None:
    make_product("Mug", sku="MUG")
    tee, client = make_tee(), staff_client()
    payload = {name: get_variant("MUG").pk if value == "{foreign}" else value for name, value in payload.items()}
    before = dump_catalog()

    response = client.post(f"/api/products/{tee.pk}/stock/", {"delta": 1, "reason": "received", **payload})

    assert_refused(response, status, code, *fields)
    assert dump_catalog() == before


def test_a_deleted_variant_is_not_found() -> None:
    tee, client = make_tee(), staff_client()
    small = get_variant("TEE-S")
    client.delete(f"/api/products/{tee.pk}/variants/{small.pk}/")
    before = dump_catalog()

    response = client.post(f"/api/products/{tee.pk}/stock/", {"sku_id": small.pk, "delta": 1, "reason": "received"})

    assert_refused(response, 404, "variant_not_found")
    assert dump_catalog() == before


@pytest.mark.parametrize(("delta", "status"), [(-6, 200), (-7, 409), (-(10**9), 409)])
def test_units_that_open_orders_have_reserved_stay(delta: int, status: int) -> None:
    lamp, client = make_product(sku="L-1", stock=10), staff_client()
    update_variant("L-1", reserved=4)
    before = dump_catalog()

    response = client.post(f"/api/products/{lamp.pk}/stock/", {"delta": delta, "reason": "damage"})

    assert response.status_code == status
    if status == 409:
        assert_refused(response, 409, "stock_conflict")
        assert dump_catalog() == before
    assert get_variant("L-1").stock == sum_movements("L-1") == (4 if status == 200 else 10)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("payload", "field"),
    [
        *(
            ({"delta": value, "reason": "damage"}, "delta")
            for value in cases(0, "0", 1.5, "1.5", True, None, "", "a", [], {}, 10**9 + 1)
        ),
        *(({"delta": value, "reason": "damage"}, "delta") for value in cases(-(10**9) - 1, 2**63, 10**30, "a\x00")),
        *(({"delta": 1, "reason": value}, "reason") for value in cases("", "  ", None, True, [], {}, "x" * 201, "a\x00")),
        *(
            ({"delta": 1, "reason": "damage", "reference": value}, "reference")
            for value in cases(None, True, [], "x" * 65, "a\x00")
        ),
        *(({"reason": "damage"}, "delta"), ({"delta": 1}, "reason")),
    ],
)
def test_a_movement_that_cannot_be_is_refused_by_name(payload: dict[str, Any], field: str) -> None:
    lamp, client = make_product(), staff_client()
    before = dump_catalog()

    assert_refused(client.post(f"/api/products/{lamp.pk}/stock/", payload), 400, "invalid", field)
    assert dump_catalog() == before


def test_more_than_a_column_holds_is_refused() -> None:
    lamp, client = make_product(sku="L-1", stock=10**9), staff_client()
    client.raise_request_exception = False
    address, more = f"/api/products/{lamp.pk}/stock/", {"delta": 10**9, "reason": "received"}

    assert client.post(address, more).status_code == 200
    before = dump_catalog()

    assert_refused(client.post(address, more), 409, "stock_conflict")
    assert dump_catalog() == before


def test_the_movements_are_read_a_page_at_a_time_newest_first() -> None:
    client = seller_client()
    lamp = make_product_of("seller@example.com", sku="L-1", stock=10)
    make_product("Mug")
    for number in range(1, 5):
        client.post(f"/api/products/{lamp.pk}/stock/", {"delta": number, "reason": f"Box {number}", "reference": "DN"})

    all_movements = client.get(f"/api/products/{lamp.pk}/stock/").json()
    first = client.get(f"/api/products/{lamp.uuid}/stock/?page_size=2").json()
    second = client.get(first["pagination"]["next"].removeprefix("http://testserver")).json()
    third = client.get(second["pagination"]["next"].removeprefix("http://testserver")).json()
    back = client.get(third["pagination"]["previous"].removeprefix("http://testserver")).json()

    newest = StockMovement.objects.get(note="Box 4")
    assert {**all_movements["data"][0], "created_at": None} == {
        **{"id": newest.pk, "sku_id": newest.variant_id, "sku": "L-1", "delta": 4, "reason": "correction", "note": "Box 4"},
        **{"reference": "DN", "created_at": None},
    }
    assert all_movements["pagination"] == {"next": None, "previous": None, "page_size": 24}
    pages = [[item["delta"] for item in page["data"]] for page in (first, second, third, back)]
    assert pages == [[4, 3], [2, 1], [10], [2, 1]]
    assert (first["pagination"]["previous"], third["pagination"]["next"]) == (None, None)


@pytest.mark.sampled
@pytest.mark.parametrize("query", ["page_size=0", "page_size=101", "page_size=a", "cursor=nonsense", "cursor=WyJhIl0"])
def test_a_bad_page_is_refused_by_name(query: str) -> None:
    lamp = make_product()

    assert_refused(staff_client().get(f"/api/products/{lamp.pk}/stock/?{query}"), 400, "invalid", query.partition("=")[0])


def test_movements_are_for_staff_and_the_seller_alone() -> None:
    lamp = make_product()
    address = f"/api/products/{lamp.pk}/stock/"

    assert_refused(SchemaClient().get(address), 401, "not_authenticated")
    assert_refused(customer_client().get(address), 403, "permission_denied")
    assert_refused(seller_client().get(address), 403, "not_your_product")
    assert [item["delta"] for item in staff_client().get(address).json()["data"]] == [10]


def test_what_is_sold_out_and_comes_back_is_listed_so() -> None:
    lamp, client = make_product(stock=1, prices={"us": "2.00"}), staff_client()

    for delta, expected in ((-1, []), (2, [lamp.pk])):
        client.post(f"/api/products/{lamp.pk}/stock/", {"delta": delta, "reason": "correction"})
        for market in ("in", "us"):
            assert [item["id"] for item in list_products(market, in_stock="true")] == expected
    assert get_detail(lamp)["stock"] == 2
