"""GET /api/products/ in markets whose currency has zero or three decimal places"""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from core import markets
from products.tests.factories import add_picture, make_category, make_product, make_variant
from products.tests.paging import SITE
from tests.schema_client import SchemaClient


@pytest.fixture(autouse=True)
def three_markets(settings: Settings) -> Iterator[None]:
    """A shop that sells in India, Japan and Kuwait."""
    settings.MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD"}
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


@pytest.fixture
def catalog(db: None, three_markets: None) -> None:
    lighting = make_category("Lighting")
    make_product("Lamp", price="2499.50", prices={"jp": "4500", "kw": "8.125"}, category=lighting)
    make_product("Torch", price="99", prices={"jp": "5000", "kw": "0.005"}, category=make_category("Torches", "Lighting"), stock=0)
    make_product("Lamp for Kuwait", price="1", prices={"kw": "8.12"}, category=lighting)
    make_product("Home lamp", price="10", category=lighting)


def list_prices(api: SchemaClient, market: str, query: str = "ordering=price") -> list[tuple[str, str]]:
    """Return the names and prices listed in a market."""
    response = api.get(f"/api/products/?{query}", headers={"X-Market": market})
    assert response.status_code == 200
    return [(row["name"], row["price"]) for row in response.json()["data"]]


@pytest.mark.usefixtures("catalog")
def test_prices_have_exactly_the_digits_of_their_currency(api: SchemaClient) -> None:
    assert list_prices(api, "jp") == [("Lamp", "4500"), ("Torch", "5000")]
    assert list_prices(api, "kw") == [("Torch", "0.005"), ("Lamp for Kuwait", "8.120"), ("Lamp", "8.125")]
    assert list_prices(api, "in") == [("Lamp for Kuwait", "1.00"), ("Home lamp", "10.00"), ("Torch", "99.00"), ("Lamp", "2499.50")]


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(("market", "currency"), [("in", "INR"), ("jp", "JPY"), ("kw", "KWD")])
def test_the_currency_is_the_markets(api: SchemaClient, market: str, currency: str) -> None:
    listed = api.get("/api/products/", headers={"X-Market": market}).json()["data"]
    detail = api.get("/api/products/lamp/", headers={"X-Market": market}).json()["data"]

    assert {row["currency"] for row in [*listed, detail]} == {currency}


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("market", "query", "expected"),
    [
        ("jp", "min_price=4501", ["Torch"]),
        ("jp", "max_price=4500", ["Lamp"]),
        ("jp", "max_price=4500.000", ["Lamp"]),
        ("jp", "min_price=4500.001", ["Torch"]),
        ("kw", "min_price=8.121", ["Lamp"]),
        ("kw", "max_price=8.120", ["Torch", "Lamp for Kuwait"]),
        ("kw", "max_price=0.004", []),
        ("kw", "min_price=0.005&max_price=0.005", ["Torch"]),
        ("in", "min_price=99&max_price=2499.499", ["Torch"]),
    ],
)
def test_prices_are_compared_in_the_currency_of_the_market(api: SchemaClient, market: str, query: str, expected: list[str]) -> None:
    assert [name for name, _ in list_prices(api, market, f"ordering=price&{query}")] == expected


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("query", "india", "japan", "kuwait"),
    [
        ("", 4, 2, 3),
        ("search=lamp", 3, 1, 2),
        ("category=lighting", 4, 2, 3),
        ("category=torches", 1, 1, 1),
        ("category=lighting&search=lamp", 3, 1, 2),
        ("in_stock=true", 3, 1, 2),
        ("in_stock=false", 1, 1, 1),
        ("min_price=4000", 0, 2, 0),
    ],
)
def test_what_has_no_price_there_is_neither_listed_nor_found_nor_counted(
    api: SchemaClient, query: str, india: int, japan: int, kuwait: int
) -> None:
    totals = []
    for market in ("in", "jp", "kw"):
        body = api.get(f"/api/products/?count=true&{query}", headers={"X-Market": market}).json()
        totals.append((len(body["data"]), body["pagination"]["count"]))

    assert totals == [(india, india), (japan, japan), (kuwait, kuwait)]


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(("market", "slug"), [("jp", "lamp-for-kuwait"), ("jp", "home-lamp"), ("kw", "home-lamp")])
def test_what_has_no_price_there_is_not_there(api: SchemaClient, market: str, slug: str) -> None:
    response = api.get(f"/api/products/{slug}/", headers={"X-Market": market})

    assert response.status_code == 404
    assert response.json()["code"] == "product_not_found"
    assert api.get(f"/api/products/{slug}/", headers={"X-Market": "in"}).status_code == 200


def test_the_detail_shows_the_variants_that_are_for_sale_there(api: SchemaClient) -> None:
    tee = make_product(
        "Tee",
        variants=[
            make_variant("S", price="500.5", compare_at="600", prices={"jp": "900", "kw": "1.5"}, stock=1),
            make_variant("M", price="400", prices={"kw": "1.25"}, stock=2),
            make_variant("L", price="300", stock=4),
        ],
    )
    add_picture(tee)

    details = {code: api.get("/api/products/tee/", headers={"X-Market": code}).json()["data"] for code in ("in", "jp", "kw")}

    prices = {code: [(row["sku"], row["price"]) for row in data["variants"]] for code, data in details.items()}
    assert prices["in"] == [("S", "500.50"), ("M", "400.00"), ("L", "300.00")]
    assert prices["jp"] == [("S", "900")]
    assert prices["kw"] == [("S", "1.500"), ("M", "1.250")]
    assert [(data["price"], data["lowest_price_30_days"], data["stock"]) for data in details.values()] == [
        ("300.00", "300.00", 7),
        ("900", "900", 1),
        ("1.250", "1.250", 3),
    ]
    assert [data["variants"][0]["compare_at_price"] for data in details.values()] == ["600.00", None, None]


@pytest.mark.parametrize("ordering", ["price", "-price"])
def test_pages_by_price_go_on_at_the_last_digit(api: SchemaClient, ordering: str) -> None:
    for number in range(7):
        make_product(f"Lamp {number}", price="1", prices={"kw": f"1.00{number}"})
    url, listed = f"/api/products/?ordering={ordering}&page_size=2", []

    while url:
        body = api.get(url, headers={"X-Market": "kw"}).json()
        listed += [row["price"] for row in body["data"]]
        url = (body["pagination"]["next"] or "").removeprefix(SITE)

    prices = [f"1.00{number}" for number in range(7)]
    assert listed == (prices if ordering == "price" else prices[::-1])


def test_a_market_that_is_no_more_is_refused(api: SchemaClient) -> None:
    assert api.get("/api/products/", headers={"X-Market": "us"}).json()["code"] == "unknown_market"
