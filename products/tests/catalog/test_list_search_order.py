"""GET /api/products/?search=: what comes first"""

import pytest

from products.catalog.listing_page import _page_query
from products.models import Product
from products.search_terms import MAX_WORDS, TIERS
from products.tests.editors import staff_client
from products.tests.factories import make_category, make_product, make_variant
from tests.schema_client import SchemaClient


def names(api: SchemaClient, search: str) -> list[str]:
    """Return the names that a search finds, best first."""
    response = api.get("/api/products/", {"search": search})
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


def test_the_sku_comes_first_then_name_category_and_description(api: SchemaClient) -> None:
    make_product("Anything", sku="LAMP")
    make_product("Something", sku="lamp-77")
    make_product("Desk Lamp")
    make_product("Lampoon")
    make_product("Lamps")
    make_product("Headlamp")
    make_product("Shade", category=make_category("Glass", "Lamps"))
    make_product("Tent", description="with a hook for a lamp")
    make_product("Mug")

    assert names(api, "lamp") == [
        *("Anything", "Something", "Desk Lamp", "Lamps", "Lampoon", "Headlamp", "Shade", "Tent"),
    ]


def test_a_whole_word_comes_before_a_word_within_a_word(api: SchemaClient) -> None:
    make_product("Tee, white")
    make_product("Steel flask", description="tee tee tee")

    assert names(api, "tee") == ["Tee, white", "Steel flask"]


@pytest.mark.parametrize("typed", ["RW-8841/B-1f3c", "rw-8841/b-1F3C", "rw8841b1f3c", "RW 8841 B 1F3C", " RW-8841/B-1f3c "])
def test_a_sku_is_found_as_it_is_typed(api: SchemaClient, typed: str) -> None:
    make_product("Plain shelf", sku="RW-8841/B-1f3c")
    make_product("RW board 8841 B 1f3c")

    assert names(api, typed)[0] == "Plain shelf"


@pytest.mark.parametrize("typed", ["RW-8841", "rw8841/", "rw-88", "RW-8841/B-1"])
def test_a_sku_is_found_by_its_beginning_after_the_exact_one(api: SchemaClient, typed: str) -> None:
    make_product("Plain shelf", sku="RW-8841/B-1f3c")
    make_product("Exact", sku=typed)

    assert names(api, typed) == ["Exact", "Plain shelf"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("RW", 2), ("rw-", 2), ("rw-ax", 1), ("RWAX", 1), ("r", 0), ("rwa", 0), ("rwax-1", 1), ("77", 0), ("77b", 1)],
)
def test_the_letters_that_a_sku_begins_with_are_found_as_a_whole(api: SchemaClient, typed: str, expected: int) -> None:
    make_product("Shelf", sku="RW-AX-17")
    make_product("Table", sku="RW-8841")
    make_product("Chair", sku="77B-1")

    assert len(names(api, typed)) == expected


def test_a_sku_is_found_beside_words_of_the_name(api: SchemaClient) -> None:
    make_product("Plain shelf", sku="RW-8841")
    make_product("Plain shelf, oak", sku="RW-8842")

    assert names(api, "plain shelf rw-8841") == ["Plain shelf"]


def test_each_variant_is_found_by_its_sku_while_it_is_sold(api: SchemaClient) -> None:
    tee = make_product("Tee", variants=[make_variant("RED-1"), make_variant("BLUE-2")])
    assert (names(api, "red-1"), names(api, "BLUE2")) == (["Tee"], ["Tee"])

    staff = staff_client()
    staff.delete(f"/api/products/{tee.pk}/variants/{tee.variants.get(sku='BLUE-2').pk}/")

    assert (names(api, "red-1"), names(api, "BLUE2")) == (["Tee"], [])


def test_two_letters_are_not_looked_up_in_skus_and_within_words(api: SchemaClient) -> None:
    make_product("Steel flask", sku="FREE-1")

    assert names(api, "ee") == []


def test_the_names_of_a_category_and_its_ancestors_are_searched(api: SchemaClient) -> None:
    make_product("Oxford", category=make_category("Brogues", "Clothing", "Shoes"))
    make_product("Shoes polish")

    assert names(api, "shoes") == ["Shoes polish", "Oxford"]
    assert names(api, "shoe") == ["Shoes polish", "Oxford"]
    assert [names(api, word) for word in ("brogues", "brogue", "clothing oxford", "cloth")] == [["Oxford"]] * 4


def test_the_worst_word_decides_then_the_next_one(api: SchemaClient) -> None:
    make_product("Red lamp")
    make_product("Lamp", category=make_category("Red"))
    make_product("Lampoon", category=make_category("Red"))
    make_product("Lamp, black", description="with a red cord")
    make_product("Table", description="for a red lamp")

    assert names(api, "red lamp") == ["Red lamp", "Lamp", "Lampoon", "Lamp, black", "Table"]


def test_one_bad_word_costs_more_than_the_others_gain(api: SchemaClient) -> None:
    words = [f"w{chr(97 + n)}ord" for n in range(MAX_WORDS)]
    make_product(" ".join(words[1:]), description=words[0])
    make_product("None", category=make_category(" ".join(words)))

    assert names(api, " ".join(words)) == ["None", " ".join(words[1:])]
    assert TIERS == 7


@pytest.mark.postgresql
def test_what_is_better_is_ranked_however_many_are_worse(api: SchemaClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.catalog.search.MAX_RANKED", 3)

    _page_query.cache_clear()
    for number in range(5):
        make_product(f"Table {number}", description="for a lamp")
    for number in range(5):
        make_product(f"Lampoon {number}")
    make_product("Lamp")
    make_product("Headlamp")

    found = names(api, "lamp")
    _page_query.cache_clear()

    assert (found[0], len(found)) == ("Lamp", 3)
    assert all(name.startswith("Lampoon") for name in found[1:])
    assert Product.objects.count() == 12
