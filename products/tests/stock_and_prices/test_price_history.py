"""Price changes: one row for each actual change in a market, by whatever means"""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from products.models import PriceChange, Variant
from products.tests.editors import get_detail, get_variant, list_prices, make_tee, staff_client
from products.tests.factories import make_product
from products.tests.import_file import import_rows, make_row
from tests.admin.test_admin import make_product_form
from tests.people import User
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def count_price_changes() -> int:
    """Return the number of price changes."""
    return PriceChange.objects.count()


def test_a_new_product_begins_a_history_in_each_of_its_markets() -> None:
    variants = [{"sku": "S", "price": "20", "prices": {"us": "2"}}, {"sku": "M", "price": "25", "prices": {"us": None}}]

    staff_client().post("/api/products/", {"name": "Tee", "variants": variants})

    rows = PriceChange.objects.order_by("variant__sku", "market").values_list("variant__sku", "market", "price", "lowest_before")
    changes: list[Any] = list(rows)
    assert changes == [("M", "in", 25, None), ("S", "in", 20, None), ("S", "us", 2, None)]
    assert set(PriceChange.objects.values_list("user", flat=True)) == {User.objects.get().pk}


CHANGES: list[tuple[dict[str, Any], list[str | None], list[str | None]]] = [
    ({"price": "19"}, ["20.00", "19.00"], ["2.00"]),
    ({"price": "20"}, ["20.00"], ["2.00"]),
    ({"price": "20.000"}, ["20.00"], ["2.00"]),
    ({"compare_at_price": "30"}, ["20.00"], ["2.00"]),
    ({"compare_at_prices": {"us": "3"}}, ["20.00"], ["2.00"]),
    ({"prices": {"us": "1.5"}}, ["20.00"], ["2.00", "1.50"]),
    ({"prices": {"us": "2.0"}}, ["20.00"], ["2.00"]),
    ({"prices": {"us": None}}, ["20.00"], ["2.00", None]),
    ({"price": "21", "prices": {"us": "3"}}, ["20.00", "21.00"], ["2.00", "3.00"]),
    ({"stock": 3, "sku": "L-2"}, ["20.00"], ["2.00"]),
    ({"prices": {}}, ["20.00"], ["2.00"]),
]


@pytest.mark.sampled
@pytest.mark.parametrize(("payload", "expected", "expected_us"), CHANGES)
@pytest.mark.parametrize("endpoint", ["patch", "put", "list", "variant"])
def test_a_change_over_the_api_is_a_row_where_the_price_differs(
    endpoint: str, payload: dict[str, Any], expected: list[str | None], expected_us: list[str | None]
) -> None:
    lamp = make_product(sku="L-1", price="20.00", prices={"us": "2.00"})
    client, address = staff_client(), f"/api/products/{lamp.pk}/"
    pk = Variant.objects.get().pk

    for _ in range(2):  # the second changes nothing
        response = {
            "patch": lambda: client.patch(address, payload),
            "put": lambda: client.put(address, {"name": "Lamp", "price": "20", **payload}),
            "list": lambda: client.patch(address, {"variants": [{"id": pk, **payload}]}),
            "variant": lambda: client.patch(f"{address}variants/{pk}/", payload),
        }[endpoint]()
        assert response.status_code == 200
        sku = Variant.objects.get().sku
        assert (list_prices(sku), list_prices(sku, "us")) == (expected, expected_us)


@pytest.mark.parametrize(
    "payload", [{"price": "-1"}, {"price": "5", "stock": -1}, {"price": "5", "sku": "TAKEN"}, {"price": "5", "slug": "mug"}]
)
def test_a_refused_change_is_none(payload: dict[str, Any]) -> None:
    make_product("Mug", sku="TAKEN")
    lamp = make_product(sku="L-1")

    staff_client().patch(f"/api/products/{lamp.pk}/", payload)

    assert list_prices("L-1") == ["20.00"]


def test_the_actor_of_a_change_is_on_record() -> None:
    lamp = make_product(sku="L-1")

    staff_client().patch(f"/api/products/{lamp.pk}/", {"price": "19"})

    first, second = PriceChange.objects.order_by("id")
    assert (first.user_id, second.user_id) == (None, User.objects.get().pk)


def test_only_the_variant_that_changes_has_a_row() -> None:
    tee = make_tee()

    staff_client().patch(
        f"/api/products/{tee.pk}/", {"variants": [{"sku": "TEE-S", "price": "20"}, {"sku": "TEE-M", "price": "24"}]}
    )

    assert (list_prices("TEE-S"), list_prices("TEE-M")) == (["20.00"], ["25.00", "24.00"])


def test_off_a_market_and_back_at_the_same_price_are_two_rows() -> None:
    lamp = make_product(sku="L-1", prices={"us": "2.00"})
    client = staff_client()

    for amount in (None, None, "2.00", "2.00"):
        client.patch(f"/api/products/{lamp.pk}/", {"prices": {"us": amount}})

    assert list_prices("L-1", "us") == ["2.00", None, "2.00"]


def test_a_market_it_never_had_a_price_in_has_no_row() -> None:
    lamp = make_product(sku="L-1")

    staff_client().patch(f"/api/products/{lamp.pk}/", {"prices": {"us": None}})

    assert list_prices("L-1", "us") == []


def test_a_variant_that_goes_and_comes_back_at_its_price_has_no_new_row() -> None:
    tee = make_tee()
    client = staff_client()
    client.delete(f"/api/products/{tee.pk}/variants/{get_variant('TEE-S').pk}/")

    client.post(f"/api/products/{tee.pk}/variants/", {"sku": "TEE-S", "price": "20"})
    assert list_prices("TEE-S") == ["20.00"]
    client.delete(f"/api/products/{tee.pk}/variants/{get_variant('TEE-S').pk}/")
    client.post(f"/api/products/{tee.pk}/variants/", {"sku": "TEE-S", "price": "19"})
    assert list_prices("TEE-S") == ["20.00", "19.00"]


def test_an_import_writes_what_differs(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("L-1", price="20.00", prices={"us": "2"}))
    import_rows(tmp_path, make_row("L-1", price="20", prices={"us": "2.00"}))
    import_rows(tmp_path, make_row("L-1", price="19", prices={"us": "2.00"}))
    import_rows(tmp_path, make_row("L-1", price="19"))
    import_rows(tmp_path, make_row("L-1", price="19", prices={}))
    import_rows(tmp_path, make_row("L-1", price="19", prices={}))
    import_rows(tmp_path, make_row("L-1", price="19", prices={"us": "3"}))

    assert (list_prices("L-1"), list_prices("L-1", "us")) == (["20.00", "19.00"], ["2.00", None, "3.00"])


def test_the_admin_writes_what_differs(admin_client: Client) -> None:
    lamp = make_product(sku="L-1", price="20.00", prices={"us": "2.00"})
    address = f"/admin/products/product/{lamp.pk}/change/"

    for payload in ({}, {"price": "19"}, {"price": "19", "name": "Red"}):
        changed = {f"variants-0-{name}": value for name, value in payload.items()}
        assert admin_client.post(address, make_product_form(lamp, **changed)).status_code == 302

    assert (list_prices("L-1"), list_prices("L-1", "us")) == (["20.00", "19.00"], ["2.00"])
    assert PriceChange.objects.latest("id").user_id == User.objects.get().pk
    assert get_detail(lamp)["price"] == "19.00"


def test_a_sale_and_a_delete_change_no_price(api: SchemaClient) -> None:
    lamp = make_product(sku="L-1")
    client = staff_client()

    client.post(f"/api/products/{lamp.pk}/stock/", {"delta": -1, "reason": "damage"})
    client.delete(f"/api/products/{lamp.pk}/")

    assert (list_prices("L-1"), count_price_changes()) == (["20.00"], 1)
