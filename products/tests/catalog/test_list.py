"""GET /api/products/"""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from pytest_django import Settings

from products.models import MarketPrice, Variant
from products.tests.factories import add_picture, make_category, make_product, make_variant, update_product, update_variant
from tests.schema_client import SchemaClient


def test_a_product_is_listed_with_all_that_a_shop_front_shows(api: SchemaClient) -> None:
    lighting = make_category("Lighting", "Home")
    lamp = make_product("Desk lamp", variants=[make_variant("L-1", price="2499", stock=7, compare_at="2999")], category=lighting)
    update_product(lamp, created_at=datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC))
    picture = add_picture(lamp)

    response = api.get("/api/products/")

    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "status": 200,
        "message": "OK",
        "data": [
            {
                "id": lamp.pk,
                "uuid": str(lamp.uuid),
                "name": "Desk lamp",
                "slug": "desk-lamp",
                "price": "2499.00",
                "compare_at_price": "2999.00",
                "currency": "INR",
                "stock": 7,
                "is_available": True,
                "is_low_stock": False,
                "category": {"id": lighting.pk, "name": "Lighting", "slug": "lighting"},
                "primary_image": f"http://testserver/media/{picture.image.name}",
                "seller_name": "Our shop",
                "sku_id": Variant.objects.get().pk,
                "variants_count": 1,
                "created_at": "2025-01-02T03:04:05Z",
            }
        ],
        "warnings": [],
        "pagination": {"next": None, "previous": None, "page_size": 24},
    }


def test_what_a_product_lacks_is_null(api: SchemaClient) -> None:
    make_product()

    data = api.get("/api/products/").json()["data"][0]

    assert (data["category"], data["primary_image"], data["compare_at_price"]) == (None, None, None)


def test_an_empty_shop_has_an_empty_list(api: SchemaClient) -> None:
    response = api.get("/api/products/")

    assert response.status_code == 200
    assert response.json()["data"] == []


def test_a_product_that_is_switched_off_is_not_listed(api: SchemaClient) -> None:
    make_product("Off", is_active=False)
    make_product("On")

    assert [row["name"] for row in api.get("/api/products/").json()["data"]] == ["On"]


def test_a_deleted_product_is_not_listed(api: SchemaClient) -> None:
    update_product(make_product("Gone"), deleted_at=timezone.now())
    make_product("There")

    assert [row["name"] for row in api.get("/api/products/").json()["data"]] == ["There"]


@pytest.mark.parametrize("columns", [{"is_active": False}, {"deleted_at": datetime(2025, 1, 1, tzinfo=UTC)}])
def test_a_product_without_a_variant_on_sale_is_not_listed(api: SchemaClient, columns: dict[str, object]) -> None:
    make_product(sku="L-1")
    update_variant("L-1", **columns)

    assert api.get("/api/products/").json()["data"] == []


def test_a_sold_out_product_is_listed_and_is_available(api: SchemaClient) -> None:
    make_product(stock=0)

    data = api.get("/api/products/").json()["data"][0]

    assert (data["stock"], data["is_available"], data["is_low_stock"]) == (0, True, True)


def test_stock_is_what_can_be_bought_now_of_all_variants_on_sale(api: SchemaClient) -> None:
    make_product(variants=[make_variant("S", stock=4), make_variant("M", stock=5), make_variant("L", stock=50)])
    Variant.objects.filter(sku="M").update(reserved=3)
    update_variant("L", is_active=False)

    assert api.get("/api/products/").json()["data"][0]["stock"] == 4 + 2


@pytest.mark.parametrize(("stock", "is_low"), [(2, True), (3, True), (4, False)])
def test_stock_is_low_from_the_threshold_down(api: SchemaClient, stock: int, is_low: bool) -> None:
    update_product(make_product(stock=stock), low_stock_threshold=3)

    assert api.get("/api/products/").json()["data"][0]["is_low_stock"] is is_low


def test_low_stock_counts_without_what_is_reserved(api: SchemaClient) -> None:
    make_product(stock=10, sku="L-1")
    Variant.objects.filter(sku="L-1").update(reserved=5)

    assert api.get("/api/products/").json()["data"][0]["is_low_stock"] is True


def test_a_product_shows_its_lowest_price_and_offers_its_first_variant(api: SchemaClient) -> None:
    cheapest = make_variant("S", price="25", compare_at="28")
    make_product(variants=[make_variant("M", price="30"), cheapest, make_variant("L", price="35")])

    data = api.get("/api/products/").json()["data"][0]

    assert (data["price"], data["compare_at_price"], data["variants_count"]) == ("25.00", "28.00", 3)
    assert data["sku_id"] == Variant.objects.get(sku="M").pk


def test_a_variant_off_sale_counts_for_nothing(api: SchemaClient) -> None:
    make_product(variants=[make_variant("S", price="5"), make_variant("M", price="30")])
    update_variant("S", is_active=False)

    data = api.get("/api/products/").json()["data"][0]

    assert (data["price"], data["variants_count"], data["sku_id"]) == ("30.00", 1, Variant.objects.get(sku="M").pk)


def test_the_primary_picture_is_the_one_in_front(api: SchemaClient) -> None:
    lamp = make_product()
    add_picture(lamp, position=2)
    front = add_picture(lamp, position=1)
    add_picture(lamp, position=1)

    data = api.get("/api/products/").json()["data"][0]

    assert data["primary_image"] == f"http://testserver/media/{front.image.name}"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"first_name": "Ada", "last_name": "Byron"}, "Ada Byron"),
        ({"first_name": "Ada"}, "Ada"),
        ({"last_name": "Byron"}, "Byron"),
        ({}, "user-{id}"),
    ],
)
def test_a_seller_is_shown_by_name_and_never_by_address(api: SchemaClient, names: dict[str, str], expected: str) -> None:
    seller = get_user_model().objects.create_user("seller@example.com", phone="+13128059851", **names)
    make_product(seller_id=seller.pk)

    response = api.get("/api/products/")

    assert response.json()["data"][0]["seller_name"] == expected.format(id=seller.pk)
    assert b"seller@example.com" not in response.content
    assert b"13128059851" not in response.content


def test_without_a_seller_the_shop_itself_sells(api: SchemaClient, settings: Settings) -> None:
    settings.SHOP_NAME = "Lamps & Co"
    make_product()

    assert api.get("/api/products/").json()["data"][0]["seller_name"] == "Lamps & Co"


def test_a_product_priced_for_another_market_only_is_there_in_that_one(api: SchemaClient) -> None:
    lamp = make_product(sku="L-1", prices={"us": "3.00"})
    MarketPrice.objects.all().delete()
    update_product(lamp)

    assert len(api.get("/api/products/").json()["data"]) == 1
    assert api.get("/api/products/", headers={"X-Market": "us"}).json()["data"] == []
