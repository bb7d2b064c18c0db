"""products.services.products: create, update and retire products"""

from decimal import Decimal

import pytest

from core.actors import SYSTEM
from products.exceptions import CategoryUnknown, SkuTaken
from products.models import Category, Listing, MarketPrice, Product, StockMovement, Variant
from products.services import categories, listings
from products.services import products as product_services
from products.services.commands import NewProduct
from products.tests.factories import make_category, make_product, make_variant
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def test_a_product_is_made_with_variants_prices_first_stock_and_listings() -> None:
    lighting = make_category()
    variants = [make_variant("S", stock=3, price="30", prices={"us": "4"}), make_variant("M", stock=0, price="25")]

    lamp = product_services.create(SYSTEM, NewProduct(name="Lamp", variants=variants, category=lighting, low_stock_threshold=2))

    small, medium = Variant.objects.filter(product=lamp).order_by("position")
    assert [(small.sku, small.position), (medium.sku, medium.position)] == [("S", 0), ("M", 1)]
    assert list(MarketPrice.objects.values_list("variant", "market", "price")) == [(small.pk, "us", Decimal("4.000"))]
    assert list(StockMovement.objects.values_list("variant", "delta", "reason")) == [(small.pk, 3, "initial")]
    assert list(Listing.objects.order_by("market").values_list("market", "variant", "variants_count", "price", "category")) == [
        ("in", small.pk, 2, Decimal("25.000"), lighting.pk),
        ("us", small.pk, 1, Decimal("4.000"), lighting.pk),
    ]


@pytest.mark.parametrize("skus", [["TAKEN"], ["NEW", "TAKEN"], ["TWICE", "TWICE"]])
def test_a_taken_sku_leaves_nothing_behind(skus: list[str]) -> None:
    make_product(sku="TAKEN", prices={"us": "1.00"})
    variants = [make_variant(sku, prices={"us": "4"}) for sku in skus]

    with pytest.raises(SkuTaken) as raised:
        product_services.create(SYSTEM, NewProduct(name="Lamp", variants=variants))

    assert raised.value.field == "sku"
    counts = [model.objects.count() for model in (Product, Variant, MarketPrice, StockMovement, Listing)]
    assert counts == [1, 1, 1, 1, 2]


def test_many_are_made_all_or_none() -> None:
    new_products = [NewProduct(name="Lamp", variants=[make_variant("A")]), NewProduct(name="Mug", variants=[make_variant("A")])]

    with pytest.raises(SkuTaken):
        product_services.create_many(SYSTEM, new_products, reason="initial")

    assert not Product.objects.exists()


def test_many_are_made_though_a_numbered_slug_is_taken() -> None:
    make_product("Lamp 2")
    new_products = [NewProduct(name="Lamp", variants=[make_variant(sku)]) for sku in ("A", "B")]

    products = product_services.create_many(SYSTEM, new_products, reason="initial")

    assert [product.slug for product in products] == ["lamp", "lamp-3"]


def test_rebuilding_the_listings_changes_nothing_where_nothing_changed() -> None:
    lamp = make_product(prices={"us": "1.00"})
    before = list(Listing.objects.order_by("pk").values())

    listings.rebuild_listings([lamp.pk])

    assert list(Listing.objects.order_by("pk").values()) == before


def test_rebuilding_the_listings_follows_prices_category_and_market() -> None:
    lamp = make_product(prices={"us": "1.00"})
    category = make_category("Lighting")
    Product.objects.update(category=category)
    Variant.objects.update(price=Decimal("7.00"), compare_at_price=Decimal("9.00"))
    MarketPrice.objects.all().delete()

    listings.rebuild_listings([lamp.pk])

    assert list(Listing.objects.values_list("market", "price", "compare_at_price", "category")) == [
        ("in", Decimal("7.000"), Decimal("9.000"), category.pk)
    ]


def test_rebuilding_the_listings_leaves_other_products_alone() -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    Variant.objects.update(price=Decimal("7.00"))

    listings.rebuild_listings([lamp.pk])

    assert dict(Listing.objects.values_list("product", "price")) == {lamp.pk: Decimal("7.000"), mug.pk: Decimal("20.000")}


def test_a_retired_product_is_gone_from_the_shop_and_its_books_stay(api: SchemaClient) -> None:
    lamp = make_product(stock=3)

    product_services.retire([lamp.pk])

    assert api.get(f"/api/products/{lamp.pk}/").status_code == 404
    assert api.get("/api/products/").json()["data"] == []
    assert list(StockMovement.objects.values_list("delta", flat=True)) == [3]


def test_a_path_creates_missing_categories_and_finds_the_others() -> None:
    lighting = categories.get_or_create_by_path(["Home & Living", "Lighting"])

    assert categories.get_or_create_by_path(["HOME & living", "lighting"]) == lighting
    candles = categories.get_or_create_by_path(["Home & Living", "Lighting", "Candles"])

    rows = Category.objects.order_by("pk").values_list("name", "slug", "parent__name")
    assert list(rows) == [
        ("Home & Living", "home-living", None),
        ("Lighting", "lighting", "Home & Living"),
        ("Candles", "candles", "Lighting"),
    ]
    assert candles.parent == lighting


@pytest.mark.parametrize(("name", "slug"), [("\u706f", "deng"), ("2025", "category-2025"), ("Create", "category-create")])
def test_a_category_has_a_slug_that_is_never_taken_for_an_id(name: str, slug: str) -> None:
    assert categories.get_or_create_by_path([name]).slug == slug


def test_a_path_of_no_name_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one name"):
        categories.get_or_create_by_path([])


@pytest.mark.django_db(transaction=True)
def test_a_category_that_is_deleted_concurrently_is_refused() -> None:
    deleted = Category(pk=999_999, name="Gone")

    with pytest.raises(CategoryUnknown):
        product_services.create(SYSTEM, NewProduct(name="Lamp", variants=[make_variant("A")], category=deleted))

    assert not Product.objects.exists()
