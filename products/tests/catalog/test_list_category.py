"""GET /api/products/?category="""

import pytest

from products.models import Category
from products.tests.factories import make_category, make_product
from tests.schema_client import SchemaClient


@pytest.fixture(autouse=True)
def catalog(db: None) -> None:
    make_product("Rug", category=make_category("Home & Living"))
    make_product("Desk lamp", category=make_category("Lighting", "Home & Living"))
    make_product("Candle", category=make_category("Candles", "Home & Living", "Lighting"))
    make_product("Tee", category=make_category("Clothing"))
    make_product("Orphan")


def names(api: SchemaClient, category: str) -> list[str]:
    """Return the names of the products in a category."""
    response = api.get("/api/products/", {"category": category, "ordering": "name"})
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


@pytest.mark.parametrize("category", ["home-living", "Home & Living", "HOME & living", " home-living "])
def test_a_category_by_slug_or_name_holds_what_is_inside_of_it(api: SchemaClient, category: str) -> None:
    assert names(api, category) == ["Candle", "Desk lamp", "Rug"]


def test_a_category_by_id_holds_what_is_inside_of_it(api: SchemaClient) -> None:
    lighting = Category.objects.get(slug="lighting")

    assert names(api, str(lighting.pk)) == ["Candle", "Desk lamp"]


def test_the_innermost_category_holds_its_own_only(api: SchemaClient) -> None:
    assert names(api, "candles") == ["Candle"]


@pytest.mark.parametrize("category", ["nothing", "0", "9" * 40, "' OR 1=1 --", "%", "home", "-1", "x" * 10_240, "\u0663"])
def test_an_unknown_category_is_empty(api: SchemaClient, category: str) -> None:
    response = api.get("/api/products/", {"category": category})

    assert response.status_code == 200
    assert response.json()["data"] == []
    assert response.json()["pagination"] == {"next": None, "previous": None, "page_size": 24}


@pytest.mark.parametrize("category", ["", "  ", "\x00"])
def test_a_blank_category_is_none(api: SchemaClient, category: str) -> None:
    assert names(api, category) == ["Candle", "Desk lamp", "Orphan", "Rug", "Tee"]


def test_a_product_is_listed_with_its_own_category(api: SchemaClient) -> None:
    data = api.get("/api/products/", {"category": "home-living", "search": "candle"}).json()["data"]

    assert [product["category"]["slug"] for product in data] == ["candles"]
