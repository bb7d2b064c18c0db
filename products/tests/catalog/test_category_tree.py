"""GET /api/products/categories/"""

from typing import Any

from products.models import Category
from products.tests.factories import make_category, make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient


def get_outline(nodes: list[dict[str, Any]]) -> list[Any]:
    """Return the names in a tree, each with the names of its children."""
    return [(node["name"], get_outline(node["children"])) if node["children"] else node["name"] for node in nodes]


def set_position(name: str, position: int) -> None:
    """Set a category's position among its siblings."""
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
    set_position("Rugs", 1)
    set_position("Lamps", 1)
    set_position("Attic", 7)
    set_position("Home", 2)
    set_position("Beds", 3)

    tree = api.get("/api/products/categories/").json()["data"]

    assert get_outline(tree) == ["Garden", ("Home", ["Chairs", "Lamps", "Rugs", "Beds"]), "Attic"]


def test_a_category_may_come_before_the_one_that_holds_it(api: SchemaClient) -> None:
    child = make_category("A", "Z")
    set_position("Z", 9)

    tree = api.get("/api/products/categories/").json()["data"]

    assert get_outline(tree) == [("Z", ["A"])]
    assert tree[0]["children"][0]["parent_id"] == child.parent_id


def test_an_empty_category_is_there_and_an_empty_shop_has_none(api: SchemaClient) -> None:
    before = api.get("/api/products/categories/").json()["data"]
    make_category("Empty")

    assert (before, get_outline(api.get("/api/products/categories/").json()["data"])) == ([], ["Empty"])


def test_it_costs_one_statement_however_deep_and_wide(api: SchemaClient) -> None:
    make_category("Home")
    with capture_statements() as for_one:
        api.get("/api/products/categories/")
    path: list[str] = []
    for level in range(10):
        make_product(category=make_category(f"Level {level}", *path))
        for number in range(5):
            make_category(f"Side {level} {number}", *path)
        path.append(f"Level {level}")

    with capture_statements() as for_many:
        tree = api.get("/api/products/categories/").json()["data"]

    assert len(get_outline(tree)) == 7
    assert (len(for_one), len(for_many)) == (1, 1)


def test_it_answers_at_both_addresses(api: SchemaClient) -> None:
    make_category("Home")

    for url in ("/api/products/categories/", "/api/products/categories", "/products/categories/"):
        assert get_outline(api.get(url).json()["data"]) == ["Home"]
