"""If-Match, If-None-Match and If-Unmodified-Since of writes (RFC 9110, section 13.1): a stale editor overwrites nothing"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.http import http_date

from core.actors import SYSTEM
from products.media import images
from products.models import MarketPrice, Product, ProductImage, StockMovement, Variant
from products.services import prices, products, stock
from products.tests.editors import assert_refused, dump_catalog, get_variant, make_tee, staff_client
from products.tests.factories import add_picture, get_only_variant, make_product

pytestmark = pytest.mark.django_db
LONG_AGO, IN_FUTURE = "Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 21 Oct 2095 07:28:00 GMT"
STALE: list[dict[str, str]] = [
    {"If-Match": '"nonsense"'},
    {"If-Match": '"a", "b"'},
    {"If-Match": "b0e308a3d535be01f9adbc2a"},  # without its quotes
    {"If-Match": '"cut off'},
    {"If-Match": 'W/"nonsense"'},
    {"If-Match": 'W/"b0e308a3d535be01f9adbc2a", "b0e308a3d535be01f9adbc2a-gzip"'},
    {"If-Unmodified-Since": LONG_AGO},
    {"If-None-Match": "*"},
]


def sell(product: Product, units: int) -> None:
    """Take units from a simple product, as a sale does."""
    stock.deduct(SYSTEM, {get_only_variant(product).pk: units}, reference="261129-ABCDEF")


def take_us_price(product: Product) -> None:
    """Take a simple product off sale in the other market."""
    variant = Variant.objects.prefetch_related("market_prices").get(product=product)
    prices.update(SYSTEM, variant, {"us": None}, {})


def test_a_change_of_what_was_read_is_made() -> None:
    client, lamp = staff_client(), make_product("Lamp")
    etag = client.get(f"/api/products/{lamp.slug}/")["ETag"]

    response = client.patch(f"/api/products/{lamp.pk}/", {"description": "New"}, headers={"If-Match": f'"other", {etag}'})

    assert response.status_code == 200
    assert response.json()["data"]["description"] == "New"


REWRITTEN = ['W/"{}"', '"{}-gzip"', '"{}-br"', '"{}-zstd"', '"{}--gzip"', 'W/"{}-gzip"', 'W/"other", W/"{}"']


@pytest.mark.sampled
@pytest.mark.parametrize("form", REWRITTEN)
def test_a_tag_that_a_proxy_rewrote_when_it_compressed_names_the_same_version(form: str) -> None:
    client, lamp = staff_client(), make_product("Lamp", stock=10)
    page = client.get(f"/api/products/{lamp.pk}/")
    etag = form.replace("{}", page["ETag"].strip('"'))

    changed = client.patch(f"/api/products/{lamp.pk}/", {"description": "New"}, headers={"If-Match": etag})
    before = dump_catalog()
    stale = client.patch(f"/api/products/{lamp.pk}/", {"description": "Newer"}, headers={"If-Match": etag})

    assert (changed.status_code, changed.json()["data"]["description"]) == (200, "New")
    assert_refused(stale, 412, "precondition_failed")
    assert dump_catalog() == before


@pytest.mark.sampled
@pytest.mark.parametrize("form", REWRITTEN)
def test_if_none_match_of_a_write_compares_weakly(form: str) -> None:
    client, lamp = staff_client(), make_product("Lamp")
    etag = form.replace("{}", client.get(f"/api/products/{lamp.pk}/")["ETag"].strip('"'))
    before = dump_catalog()

    response = client.patch(f"/api/products/{lamp.pk}/", {"description": "New"}, headers={"If-None-Match": etag})

    assert_refused(response, 412, "precondition_failed")
    assert dump_catalog() == before


def test_a_stale_editor_does_not_put_sold_units_back() -> None:
    client, lamp = staff_client(), make_product("Lamp", stock=10)
    page = client.get(f"/api/products/{lamp.pk}/")
    sell(lamp, 3)
    before = dump_catalog()

    body = {"description": "New", "stock": page.json()["data"]["stock"]}
    response = client.patch(f"/api/products/{lamp.pk}/", body, headers={"If-Match": page["ETag"]})

    assert_refused(response, 412, "precondition_failed")
    assert dump_catalog() == before


@pytest.mark.sampled
@pytest.mark.parametrize("headers", STALE)
@pytest.mark.parametrize("method", ["patch", "put", "delete"])
def test_a_false_precondition_refuses_the_change(method: str, headers: dict[str, str]) -> None:
    client, lamp = staff_client(), make_product("Lamp")
    before = dump_catalog()

    response = getattr(client, method)(f"/api/products/{lamp.pk}/", {"name": "Other", "price": "1.00"}, headers=headers)

    assert_refused(response, 412, "precondition_failed")
    assert dump_catalog() == before


@pytest.mark.parametrize(
    "headers", [{"If-Match": "*"}, {"If-Match": " "}, {"If-Unmodified-Since": IN_FUTURE}, {"If-None-Match": '"other"'}]
)
def test_a_true_precondition_changes_nothing_else(headers: dict[str, str]) -> None:
    client, lamp = staff_client(), make_product("Lamp")

    response = client.patch(f"/api/products/{lamp.pk}/", {"name": "Other"}, headers=headers)

    assert response.status_code == 200
    assert response.json()["data"]["name"] == "Other"


CHANGES: dict[str, Callable[[Product], object]] = {
    "a sale": lambda lamp: sell(lamp, 1),
    "a reservation": lambda lamp: stock.reserve({get_only_variant(lamp).pk: 1}),
    "a damage": lambda lamp: products.adjust_stock(
        SYSTEM, lamp.pk, get_only_variant(lamp).pk, delta=-1, reason=StockMovement.Reason.DAMAGE
    ),
    "a removed picture": lambda lamp: images.remove_image(SYSTEM, lamp.pk, lamp.images.order_by("-position")[0].pk),
    "another order of the pictures": lambda lamp: images.update_image(
        SYSTEM, lamp.pk, lamp.images.order_by("-position")[0].pk, alt=None, position=0
    ),
    "a price taken away": take_us_price,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_date_before_the_last_change_refuses_the_write(change: Callable[[Product], object]) -> None:
    client, lamp = staff_client(), make_product("Lamp", stock=10, prices={"us": "9.99"})
    add_picture(lamp, position=0)
    add_picture(lamp, position=1)
    now = timezone.now()
    for model in (Product, Variant, MarketPrice, ProductImage):
        model.objects.update(updated_at=now - timedelta(hours=2))
    date = {"If-Unmodified-Since": http_date((now - timedelta(hours=1)).timestamp())}
    assert client.patch(f"/api/products/{lamp.pk}/", {}, headers=date).status_code == 200
    change(lamp)
    before = dump_catalog()

    response = client.patch(f"/api/products/{lamp.pk}/", {"stock": 10}, headers=date)

    assert_refused(response, 412, "precondition_failed")
    assert dump_catalog() == before


def test_a_date_that_is_none_is_ignored() -> None:
    client, lamp = staff_client(), make_product("Lamp")

    response = client.patch(f"/api/products/{lamp.pk}/", {"name": "Other"}, headers={"If-Unmodified-Since": "yesterday"})

    assert response.status_code == 200


def test_the_parts_of_a_product_are_protected_by_its_page() -> None:
    client, tee = staff_client(), make_tee()
    picture = add_picture(tee)
    small, before = get_variant("TEE-S"), dump_catalog()
    root = f"/api/products/{tee.pk}"
    writes: list[tuple[str, str, dict[str, Any]]] = [
        ("post", f"{root}/variants/", {"sku": "TEE-L", "price": "20.00", "options": {"Size": "L"}}),
        ("patch", f"{root}/variants/{small.pk}/", {"stock": 4}),
        ("delete", f"{root}/variants/{small.pk}/", {}),
        ("patch", f"{root}/images/{picture.pk}/", {"alt": "Other"}),
        ("delete", f"{root}/images/{picture.pk}/", {}),
        ("post", f"{root}/stock/", {"variant_id": small.pk, "delta": 1, "reason": "received"}),
    ]

    for method, path, body in writes:
        assert_refused(getattr(client, method)(path, body, headers={"If-Match": '"stale"'}), 412, "precondition_failed")

    assert dump_catalog() == before
    etag = client.get(f"{root}/")["ETag"]
    assert client.patch(f"{root}/variants/{small.pk}/", {"stock": 5}, headers={"If-Match": etag}).status_code == 200


def test_an_inactive_product_is_compared_as_its_editor_sees_it() -> None:
    client, lamp = staff_client(), make_product("Lamp", is_active=False)
    etag = client.get(f"/api/products/{lamp.pk}/")["ETag"]

    changed = client.patch(f"/api/products/{lamp.pk}/", {"is_active": True}, headers={"If-Match": etag})
    again = client.patch(f"/api/products/{lamp.pk}/", {"is_active": False}, headers={"If-Match": etag})

    assert changed.status_code == 200
    assert_refused(again, 412, "precondition_failed")


def test_nobody_learns_of_a_product_by_a_precondition() -> None:
    client = staff_client()

    response = client.patch("/api/products/999/", {"name": "Other"}, headers={"If-Match": "*"})

    assert_refused(response, 404, "product_not_found")
