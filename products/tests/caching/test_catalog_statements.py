"""The number of database statements of the catalog, which is the same for one product and for many"""

import pytest
from django.contrib.auth import get_user_model

from products.catalog import catalog_statistics
from products.tests.factories import add_picture, make_category, make_product, make_products, make_variant, update_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient


@pytest.fixture(autouse=True)
def _statistics_are_read(db: None) -> None:
    """Have read how frequent terms are, which a process does at its first search in ten minutes."""
    catalog_statistics.is_large()


def make_catalog() -> None:
    """Make 22 products with pictures, variants, sellers and categories."""
    seller = get_user_model().objects.create_user("seller@example.com")
    for number in range(22):
        variants = [make_variant(f"V-{number}-{size}", prices={"us": "1.00"}) for size in "SML"]
        lamp = make_product("Lamp", variants=variants, seller_id=seller.pk, category=make_category(f"Shelf {number}", "Lighting"))
        add_picture(lamp)
        add_picture(lamp, position=1)


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("", 1),
        ("ordering=price&min_price=1&max_price=99", 1),
        ("page_size=100&ordering=name", 1),
        ("in_stock=true", 1),
        ("search=lamp", 1),
        ("search=lamp&ordering=-price&in_stock=true", 1),
        ("search=laamp", 3),
        ("category=lighting", 2),
        ("category=lighting&search=lamp&ordering=-price", 2),
        ("category=lighting&search=lamp&in_stock=true&max_price=99", 2),
        ("category=lighting&search=laamp", 4),
        ("count=true", 2),
        ("search=lamp&count=true", 2),
        ("category=lighting&count=true", 3),
    ],
)
def test_a_list_of_many_costs_what_a_list_of_one_costs(api: SchemaClient, query: str, cost: int) -> None:
    make_product("Lamp", category=make_category("Lighting"), prices={"us": "1.00"})
    with capture_statements() as for_one:
        assert len(api.get(f"/api/products/?page_size=100&{query}").json()["data"]) == 1
    make_catalog()

    with capture_statements() as for_many:
        response = api.get(f"/api/products/?page_size=100&{query}")
    with capture_statements() as in_another_market:
        api.get(f"/api/products/?page_size=100&{query}", headers={"X-Market": "us"})

    assert len(response.json()["data"]) == 23
    assert (len(for_one), len(for_many), len(in_another_market)) == (cost, cost, cost)


def test_a_list_of_a_hundred_costs_one_statement(api: SchemaClient) -> None:
    make_products(*["Lamp"] * 100)

    for query in ("", "&ordering=name", "&search=lamp", "&search=lamp&ordering=price"):
        with capture_statements() as executed:
            response = api.get(f"/api/products/?page_size=100{query}")
        assert (len(response.json()["data"]), len(executed)) == (100, 1)


@pytest.mark.postgresql
def test_the_first_search_also_reads_how_frequent_words_are(api: SchemaClient) -> None:
    make_products(*["Brass lamp"] * 3)
    catalog_statistics._load_statistics.cache_clear()

    costs = []
    for query in ("search=lamp", "search=brass lamp", "search=lamp brass&ordering=price"):
        with capture_statements() as executed:
            assert len(api.get(f"/api/products/?{query}").json()["data"]) == 3
        costs.append(len(executed))

    assert costs == [2, 1, 1]


@pytest.mark.parametrize(
    ("query", "cost"),
    [("search=%25", 0), ("search=zzz", 1), ("search=zzzzzz", 2), ("category=nowhere", 1), ("page_size=0", 0), ("ordering=x", 0)],
)
def test_what_finds_nothing_costs_no_more(api: SchemaClient, query: str, cost: int) -> None:
    make_product("Lamp")

    with capture_statements() as executed:
        api.get(f"/api/products/?{query}")

    assert len(executed) == cost


@pytest.mark.parametrize("query", ["", "search=lamp&", "category=lighting&"])
def test_a_page_in_the_middle_costs_what_the_first_costs(api: SchemaClient, query: str) -> None:
    make_category("Lighting")
    for product in make_products(*["Lamp"] * 30):
        update_product(product, category=make_category("Lighting"))
    url = f"/api/products/?{query}page_size=10"
    with capture_statements() as for_first:
        links = api.get(url).json()["pagination"]

    with capture_statements() as for_second:
        response = api.get(links["next"].removeprefix("http://testserver"))
    with capture_statements() as back:
        api.get(response.json()["pagination"]["previous"].removeprefix("http://testserver"))

    assert len(response.json()["data"]) == 10
    assert len(for_first) == len(for_second) == len(back) == (2 if "category" in query else 1)


@pytest.mark.parametrize("ref", ["id", "uuid", "slug"])
def test_the_page_of_a_rich_product_costs_what_that_of_a_plain_one_costs(api: SchemaClient, ref: str) -> None:
    plain = make_product("Plain")
    variants = [make_variant(f"R-{number}", prices={"us": "1.00"}) for number in range(20)]
    rich = make_product("Rich", variants=variants, category=make_category())
    for position in range(5):
        add_picture(rich, position=position)

    with capture_statements() as for_plain:
        api.get(f"/api/products/{getattr(plain, ref)}/")
    with capture_statements() as for_rich:
        response = api.get(f"/api/products/{getattr(rich, ref)}/")
    with capture_statements() as in_another_market:
        api.get(f"/api/products/{getattr(rich, ref)}/", headers={"X-Market": "us"})

    assert (len(response.json()["data"]["variants"]), len(response.json()["data"]["images"])) == (20, 5)
    assert (len(for_plain), len(for_rich), len(in_another_market)) == (3, 3, 3)


def test_being_signed_in_costs_one_statement_more(api: SchemaClient) -> None:
    make_product()
    credentials = {"email": "ada@example.com", "password": "a lamp on the hill", "mode": "token"}
    api.bearer(api.post("/api/auth/register/", credentials).json()["data"]["access_token"])

    with capture_statements() as signed_in:
        assert api.get("/api/products/").status_code == 200
    api.credentials()
    with capture_statements() as as_guest:
        assert api.get("/api/products/").status_code == 200

    assert len(signed_in) == len(as_guest) + 1
