"""The database constraints of products"""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from products.models import Category, Listing, MarketPrice, Product, StockMovement, Variant
from products.tests.factories import make_category, make_product, make_variant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "columns",
    [
        {"reserved": 11},
        {"reserved": -1},
        {"stock": -1},
        {"stock": -1, "reserved": -1},
        {"stock": 3},
        {"price": Decimal("-0.01")},
        {"sku": "TAKEN"},
        {"sku": None},
    ],
)
def test_a_variant_that_adds_up_to_nonsense_is_refused(columns: dict[str, object]) -> None:
    make_product(variants=[make_variant("TAKEN"), make_variant("L-1", stock=10)])
    Variant.objects.filter(sku="L-1").update(reserved=4)

    with pytest.raises(IntegrityError), transaction.atomic():
        Variant.objects.filter(sku="L-1").update(**columns)

    left = Variant.objects.get(sku="L-1")
    assert (left.stock, left.reserved, left.price) == (10, 4, Decimal("20.00"))


@pytest.mark.parametrize("columns", [{"reserved": 10}, {"stock": 4}, {"price": Decimal(0)}])
def test_a_variant_may_go_to_the_very_edge(columns: dict[str, object]) -> None:
    make_product(sku="L-1", stock=10)
    Variant.objects.update(reserved=4)

    assert Variant.objects.update(**columns) == 1


def build_second_price() -> Model:
    return MarketPrice(variant=Variant.objects.get(), market="us", price=Decimal(1))


def build_negative_price() -> Model:
    return MarketPrice(variant=Variant.objects.get(), market="de", price=Decimal("-0.01"))


def build_second_listing() -> Model:
    listing = Listing.objects.get(market="us")
    listing.pk = None
    return listing


def build_empty_movement() -> Model:
    return StockMovement(variant=Variant.objects.get(), delta=0, reason="correction")


def build_second_slug() -> Model:
    return Product(name="Lamp", slug="lamp")


def build_second_uuid() -> Model:
    return Product(name="Lamp", slug="lamp-2", uuid=Product.objects.get().uuid)


def build_second_category_name() -> Model:
    return Category(name="Lighting", slug="lighting-2", parent=Category.objects.get(name="Home"))


def build_second_root_category_name() -> Model:
    return Category(name="Home", slug="home-2")


def build_second_category_slug() -> Model:
    return Category(name="Lamps", slug="lighting")


@pytest.mark.parametrize(
    "build",
    [
        build_second_price,
        build_negative_price,
        build_second_listing,
        build_empty_movement,
        build_second_slug,
        build_second_uuid,
        build_second_category_name,
        build_second_root_category_name,
        build_second_category_slug,
    ],
)
def test_what_may_be_there_once_is_there_once(build: Callable[[], Model]) -> None:
    make_product(prices={"us": "1.00"}, category=make_category("Lighting", "Home"))
    row = build()
    before = row._meta.default_manager.count() if row._meta.default_manager else None

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)

    assert row._meta.default_manager is not None
    assert row._meta.default_manager.count() == before


def test_shelves_of_one_name_may_stand_in_different_places() -> None:
    make_category("Lamps", "Home")
    make_category("Lamps", "Garden")

    assert sorted(Category.objects.filter(name="Lamps").values_list("slug", flat=True)) == ["lamps", "lamps-2"]
