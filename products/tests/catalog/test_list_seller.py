"""GET /api/products/?seller="""

import pytest
from django.contrib.auth import get_user_model

from products.tests.factories import make_category, make_product
from tests.schema_client import SchemaClient


@pytest.fixture
def sellers(db: None) -> tuple[int, int]:
    """Two sellers with products on sale, besides the shop's own products."""
    ada, eve = (get_user_model().objects.create_user(f"{name}@example.com").pk for name in ("ada", "eve"))
    make_product("Lamp", seller_id=ada, category=make_category("Lighting"), prices={"us": "1.00"})
    make_product("Mug", seller_id=ada, stock=0, price="5")
    make_product("Rug", seller_id=eve)
    make_product("Tee")
    make_product("Hidden", seller_id=ada, is_active=False)
    return ada, eve


def names(api: SchemaClient, query: str, market: str = "in") -> list[str]:
    """Return the names of what is listed."""
    response = api.get(f"/api/products/?ordering=name&{query}", headers={"X-Market": market})
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


def test_a_sellers_own_goods_that_are_on_sale_are_listed(api: SchemaClient, sellers: tuple[int, int]) -> None:
    ada, eve = sellers

    assert names(api, f"seller={ada}") == ["Lamp", "Mug"]
    assert names(api, f"seller=+{eve}+") == ["Rug"]
    assert names(api, f"seller={ada}", "us") == ["Lamp"]


@pytest.mark.usefixtures("sellers")
@pytest.mark.parametrize("seller", ["0", "999999999", "9" * 18])
def test_a_seller_who_is_not_there_sells_nothing(api: SchemaClient, seller: str) -> None:
    assert names(api, f"seller={seller}") == []


@pytest.mark.usefixtures("sellers")
@pytest.mark.parametrize("seller", ["", "++"])
def test_a_blank_seller_is_none(api: SchemaClient, seller: str) -> None:
    assert names(api, f"seller={seller}") == ["Lamp", "Mug", "Rug", "Tee"]


@pytest.mark.sampled
@pytest.mark.parametrize(
    "seller", ["ada", "-1", "1.5", "9" * 19, "9" * 5_000, "%D9%A1", "1%00", "%00", "1,2", "0x1", "1e3", "null", "%C2%B2", "1+1"]
)
def test_what_is_no_id_is_refused_by_name(api: SchemaClient, seller: str) -> None:
    response = api.get(f"/api/products/?seller={seller}")

    assert response.status_code == 400
    assert response.json()["errors"] == {"seller": ["Must be the id of a user"]}


def test_it_goes_with_the_other_filters(api: SchemaClient, sellers: tuple[int, int]) -> None:
    ada, eve = sellers

    assert names(api, f"seller={ada}&in_stock=false") == ["Mug"]
    assert names(api, f"seller={ada}&category=lighting") == ["Lamp"]
    assert names(api, f"seller={eve}&category=lighting") == []
    assert names(api, f"seller={ada}&search=mug") == ["Mug"]
    assert names(api, f"seller={eve}&search=mug") == []
    assert names(api, f"seller={ada}&max_price=5") == ["Mug"]
