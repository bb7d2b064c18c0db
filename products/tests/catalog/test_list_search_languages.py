"""GET /api/products/?search= in any language: ignoring case and accents, by prefixes of words"""

import pytest

from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def names(api: SchemaClient, search: str) -> list[str]:
    """Return the names that a search finds."""
    response = api.get("/api/products/", {"search": search, "ordering": "name"})
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


@pytest.mark.parametrize(
    ("name", "searches"),
    [
        ("Crème brûlée dish", ["creme", "CRÈME", "Cre\u0300me", "brulee creme", "BRÛLÉE", "brul", "crème brûlée"]),
        ("Smartphone", ["smartph", "SMART", "s", "smartphone", "\uff53\uff4d\uff41\uff52\uff54"]),
        ("Лампа настольная", ["ЛАМПА", "лам", "настол лампа", "НАСТОЛЬНАЯ"]),
        ("Ёлка большая", ["елка", "ёлка", "ЁЛКА", "больш"]),
        (
            "\u039b\u03ac\u03bc\u03c0\u03b1 \u03c3\u03bf\u03c6\u03cc\u03c2",
            ["\u039b\u0391\u039c\u03a0\u0391", "\u03c3\u03bf\u03c6\u03bf\u03c2", "\u03a3\u039f\u03a6\u039f\u03a3"],
        ),
        ("Straßenlaterne", ["strasse", "STRASSEN", "straße"]),
        ("ÇİÇEK vazo", ["çiçek", "cicek", "ÇIÇEK", "VAZO"]),
        ("हिन्दी किताब", ["हिन्दी", "हिन्", "किताब", "किताब हिन्दी", "कि"]),
        ("手机壳 蓝色", ["手机", "手机壳", "蓝色 手机", "手"]),
        ("ガラスのコップ", ["ガラス", "\uff76\uff9e\uff97\uff7d"]),
        ("한국어 책", ["한국", "책", "\u1112\u1161\u11ab\u1100\u116e\u11a8"]),
        ("مصباح مكتب", ["مصباح", "مكتب", "مصب"]),
        ("USB-C 3.0 500GB A4", ["usb", "usb-c", "3.0", "500", "500gb", "a4", "c usb"]),
    ],
)
def test_a_name_in_any_script_is_found_by_its_words_and_their_beginnings(api: SchemaClient, name: str, searches: list[str]) -> None:
    make_product(name)
    make_product("Zzyzx")

    assert {search: names(api, search) for search in searches} == {search: [name] for search in searches}


@pytest.mark.parametrize("search", ["手提", "机x", "किताबें", "стол", "ملعقة", "책상"])
def test_other_words_of_the_script_are_not_found(api: SchemaClient, search: str) -> None:
    for name in ("手机壳", "हिन्दी किताब", "Лампа", "مصباح", "한국어 책"):
        make_product(name)

    assert names(api, search) == []


def test_the_text_is_searched_in_any_script_too(api: SchemaClient) -> None:
    make_product("Mug", description="Für Größen: ÉCLAIR, किताब, 蓝色")

    for search in ("grossen", "GRÖẞEN", "eclair", "किताब", "蓝色", "fur"):
        assert names(api, search) == ["Mug"]


def test_an_english_word_is_found_by_its_plural(api: SchemaClient) -> None:
    make_product("Desk lamp")

    assert names(api, "lamps") == ["Desk lamp"]


@pytest.mark.parametrize("search", ["battery", "batteries", "BATTERY", "include", "includes battery"])
def test_english_is_found_by_its_stems(api: SchemaClient, search: str) -> None:
    make_product("Torch", description="Batteries included")

    assert names(api, search) == ["Torch"]
