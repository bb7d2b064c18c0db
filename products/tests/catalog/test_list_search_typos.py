"""GET /api/products/?search= with typos: the most similar word of a product or category name is used"""

import pytest

from products.models import Product
from products.tests.factories import make_category, make_product, make_products, update_product
from products.tests.paging import list_ids_both_ways
from tests.schema_client import SchemaClient


def names(api: SchemaClient, search: str, **query: str) -> list[str]:
    """Return the names that a search finds."""
    response = api.get("/api/products/", {"search": search, "ordering": "name", **query})
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


@pytest.fixture
def catalog(db: None) -> None:
    make_product("Smartphone", price="300")
    make_product("Desk lamp")
    make_product("Crème brûlée dish")
    make_product("Umbrella", description="Chequered")


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("smarthone", ["Smartphone"]),
        ("SMARTPHNOE", ["Smartphone"]),
        ("martphone", ["Smartphone"]),
        ("msartphone", ["Smartphone"]),
        ("asmartphone", ["Smartphone"]),
        ("zmartphone", ["Smartphone"]),
        ("smrtphnoe", ["Smartphone"]),
        ("smartphonee", ["Smartphone"]),
        ("smarthone'", ["Smartphone"]),
        ("umbrela", ["Umbrella"]),
        ("umbrrella", ["Umbrella"]),
        ("bruleee", ["Crème brûlée dish"]),
        ("BRÛLLÉE", ["Crème brûlée dish"]),
        ("desk lampp", ["Desk lamp"]),
        ("deskk lampp", ["Desk lamp"]),
        ("umbrela desk", []),
        ("xylophone", []),
        ("zzzzzz", []),
        ("d3sk", []),
        ("lmp", []),
        ("lmap", ["Desk lamp"]),
        ("alpm", []),
        ("desk lmap", ["Desk lamp"]),
    ],
)
def test_a_mistyped_word_finds_what_the_nearest_word_finds(api: SchemaClient, search: str, expected: list[str]) -> None:
    assert names(api, search) == expected


@pytest.mark.usefixtures("catalog")
def test_a_word_that_finds_something_is_not_guessed_at(api: SchemaClient) -> None:
    make_product("Smarthone")

    assert names(api, "smarthone") == ["Smarthone"]


@pytest.mark.usefixtures("catalog")
def test_the_other_filters_hold_for_a_guessed_word(api: SchemaClient) -> None:
    make_product("Smartphone case", price="5", stock=0)

    assert names(api, "smarthone") == ["Smartphone", "Smartphone case"]
    assert names(api, "smarthone", min_price="100") == ["Smartphone"]
    assert names(api, "smarthone", in_stock="false") == ["Smartphone case"]
    assert names(api, "smarthone", category="nowhere") == []


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("search", "guessed"),
    [("lmap", "lamp"), ("Desk LMAP", "desk lamp"), ("BRÛLLÉE", "brulee"), ("t-shirt lmap", None), ("lamp", None), ("zzzzzz", None)],
)
def test_the_answer_says_what_was_guessed(api: SchemaClient, search: str, guessed: str | None) -> None:
    body = api.get("/api/products/", {"search": search}).json()

    assert body.get("search") == (guessed and {"guessed": guessed})
    assert bool(body["data"]) == (search not in ("t-shirt lmap", "zzzzzz"))


def test_every_page_says_what_was_guessed(api: SchemaClient) -> None:
    make_products(*["Lamp"] * 3)
    first = api.get("/api/products/?search=lmap&page_size=2").json()

    second = api.get(first["pagination"]["next"].removeprefix("http://testserver")).json()

    assert first["search"] == second["search"] == {"guessed": "lamp"}
    assert len(second["data"]) == 1


def test_the_nearest_word_is_guessed_and_the_first_by_alphabet_of_equal_ones(api: SchemaClient) -> None:
    make_products("Candle", "Candies", "Handle", "Cradles")

    body = api.get("/api/products/?search=cnadle").json()

    assert body["search"] == {"guessed": "candle"}
    make_product("Canble")
    assert api.get("/api/products/?search=canlle").json()["search"] == {"guessed": "canble"}


def test_words_of_categories_are_guessed(api: SchemaClient) -> None:
    make_product("Oxford", category=make_category("Brogues", "Shoes"))

    assert names(api, "brgoues") == ["Oxford"]
    assert names(api, "shoos") == ["Oxford"]


def test_only_words_of_names_are_guessed(api: SchemaClient) -> None:
    make_product("Umbrella", description="Chequered")

    assert names(api, "cheqeured") == []


def test_the_name_that_a_product_had_is_no_way_to_what_it_is_now(api: SchemaClient) -> None:
    lamp = make_product("Umbrella")
    update_product(lamp, name="Parasol", search_name="parasol")

    assert names(api, "umbrela") == []


@pytest.mark.parametrize("ordering", ["relevance", "newest", "oldest", "price", "-price", "name"])
def test_the_pages_of_a_guessed_word_show_each_product_once(api: SchemaClient, ordering: str) -> None:
    make_products(*["Smartphone"] * 7)
    make_products("Desk lamp")

    listed_ids = list_ids_both_ways(api, f"search=smarthone&ordering={ordering}&page_size=3")

    ids = list(Product.objects.filter(name="Smartphone").order_by("pk").values_list("pk", flat=True))
    assert listed_ids == (ids if ordering in ("oldest", "price", "name") else ids[::-1])


def test_what_is_counted_is_what_the_guessed_word_finds(api: SchemaClient) -> None:
    make_products(*["Smartphone"] * 3, "Desk lamp")

    body = api.get("/api/products/?search=smarthone&page_size=2&count=true").json()

    assert (len(body["data"]), body["pagination"]["count"]) == (2, 3)


def test_a_shop_without_names_guesses_nothing(api: SchemaClient) -> None:
    assert names(api, "smarthone") == []


def test_the_words_of_a_product_off_sale_find_nothing(api: SchemaClient) -> None:
    make_product("Smartphone", is_active=False)

    assert (names(api, "smartphone"), names(api, "smarthone")) == ([], [])
