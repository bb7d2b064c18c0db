"""GET /api/products/categories/"""

from typing import Any

from products.models import Category
from products.tests.factories import make_category, make_product
from tests.counting import statements
from tests.schema_client import SchemaClient


def outline(nodes: list[dict[str, Any]]) -> list[Any]:
    """Return the names in a tree, each with those inside."""
    return [(node["name"], outline(node["children"])) if node["children"] else node["name"] for node in nodes]


def place(name: str, position: int) -> None:
    """Give a category its place among its neighbours."""
    Category.objects.filter(name=name).update(position=position)


def test_each_category_holds_those_inside_of_it(api: SchemaClient) -> None:
    candles = make_category("Candles", "Home & Living", "Lighting")
    lighting = candles.parent
    assert lighting is not None
    home = lighting.parent
    assert home is not None

    response = api.get("/api/products/categories/")

    assert response.status_code == 200
    assert response.json()["data"] == [
        {
            "id": home.pk,
            "parent_id": None,
            "name": "Home & Living",
            "slug": "home-living",
            "position": 0,
            "children": [
                {
                    "id": lighting.pk,
                    "parent_id": home.pk,
                    "name": "Lighting",
                    "slug": "lighting",
                    "position": 0,
                    "children": [
                        {
                            "id": candles.pk,
                            "parent_id": lighting.pk,
                            "name": "Candles",
                            "slug": "candles",
                            "position": 0,
                            "children": [],
                        }
                    ],
                }
            ],
        }
    ]


def test_neighbours_stand_by_position_and_then_by_name(api: SchemaClient) -> None:
    for name in ("Rugs", "Beds", "Lamps", "Chairs"):
        make_category(name, "Home")
    make_category("Garden")
    make_category("Attic")
    place("Rugs", 1)
    place("Lamps", 1)
    place("Attic", 7)
    place("Home", 2)
    place("Beds", 3)

    tree = api.get("/api/products/categories/").json()["data"]

    assert outline(tree) == ["Garden", ("Home", ["Chairs", "Lamps", "Rugs", "Beds"]), "Attic"]


def test_a_category_may_come_before_the_one_that_holds_it(api: SchemaClient) -> None:
    child = make_category("A", "Z")
    place("Z", 9)

    tree = api.get("/api/products/categories/").json()["data"]

    assert outline(tree) == [("Z", ["A"])]
    assert tree[0]["children"][0]["parent_id"] == child.parent_id


def test_an_empty_category_is_there_and_an_empty_shop_has_none(api: SchemaClient) -> None:
    before = api.get("/api/products/categories/").json()["data"]
    make_category("Empty")

    assert (before, outline(api.get("/api/products/categories/").json()["data"])) == ([], ["Empty"])


def test_it_costs_one_statement_however_deep_and_wide(api: SchemaClient) -> None:
    make_category("Home")
    with statements() as for_one:
        api.get("/api/products/categories/")
    path: list[str] = []
    for level in range(10):
        make_product(category=make_category(f"Level {level}", *path))
        for number in range(5):
            make_category(f"Side {level} {number}", *path)
        path.append(f"Level {level}")

    with statements() as for_many:
        tree = api.get("/api/products/categories/").json()["data"]

    assert len(outline(tree)) == 7
    assert (len(for_one), len(for_many)) == (1, 1)


def test_it_answers_at_both_addresses(api: SchemaClient) -> None:
    make_category("Home")

    for address in ("/api/products/categories/", "/api/products/categories", "/products/categories/"):
        assert outline(api.get(address).json()["data"]) == ["Home"]
