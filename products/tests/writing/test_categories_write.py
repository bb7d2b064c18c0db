"""POST /api/products/categories/, PATCH and DELETE /api/products/categories/<id>/"""

from typing import Any

import pytest

from products.models import Category
from products.tests.editors import assert_refused, cases, customer_client, dump_catalog, list_products, seller_client, staff_client
from products.tests.factories import make_category, make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
ALL = "/api/products/categories/"


def list_categories() -> list[tuple[str, str, str | None, int]]:
    """Return name, slug, parent and position of every category, oldest first."""
    return list(Category.objects.order_by("id").values_list("name", "slug", "parent__name", "position"))


def test_staff_make_a_category() -> None:
    client = staff_client()
    home = client.post(ALL, {"name": " Home & Living "})
    inner = client.post(ALL, {"name": "Lighting", "parent_id": home.json()["data"]["id"], "position": 3})

    assert (home.status_code, inner.status_code) == (201, 201)
    assert home.json()["message"] == "Category created successfully"
    assert {**inner.json()["data"], "id": 0} == {
        **{"id": 0, "name": "Lighting", "slug": "lighting", "parent_id": home.json()["data"]["id"], "position": 3},
    }
    assert list_categories() == [("Home & Living", "home-living", None, 0), ("Lighting", "lighting", "Home & Living", 3)]
    categories = SchemaClient().get(ALL).json()["data"]
    assert [(node["slug"], [child["slug"] for child in node["children"]]) for node in categories] == [("home-living", ["lighting"])]


def test_nobody_else_writes_one() -> None:
    category = make_category("Home")
    writers = [
        (seller_client(), 403, "permission_denied"),
        (customer_client(), 403, "permission_denied"),
        (SchemaClient(), 401, "not_authenticated"),
    ]
    before = dump_catalog()

    for client, status, code in writers:
        assert_refused(client.post(ALL, {"name": "Garden"}), status, code)
        assert_refused(client.patch(f"{ALL}{category.pk}/", {"name": "Garden"}), status, code)
        assert_refused(client.delete(f"{ALL}{category.pk}/"), status, code)

    assert dump_catalog() == before


@pytest.mark.parametrize("name", ["Home", "HOME", " home "])
def test_a_name_is_there_once_under_one_parent(name: str) -> None:
    top = make_category("Home")
    make_category("Home", "Home")
    client = staff_client()
    before = dump_catalog()

    assert_refused(client.post(ALL, {"name": name}), 400, "category_unknown", "name")
    assert_refused(client.post(ALL, {"name": name, "parent_id": top.pk}), 400, "category_unknown", "name")
    assert dump_catalog() == before


def test_a_name_may_be_there_again_under_another_parent() -> None:
    make_category("Lighting", "Home")
    garden = make_category("Garden")

    response = staff_client().post(ALL, {"name": "Lighting", "parent_id": garden.pk})

    assert (response.status_code, response.json()["data"]["slug"]) == (201, "lighting-2")


BAD: list[tuple[dict[str, Any], str]] = [
    *[({"name": value}, "name") for value in cases(None, "", "  ", True, [], {}, "x" * 121, "a\x00")],
    *[({"name": "New", "parent_id": value}, "parent_id") for value in cases(0, -1, "a", 1.5, True, [], 2**63, 10**30, 999_999)],
    *[({"name": "New", "position": value}, "position") for value in cases(None, -1, 10_001, "a", 1.5, True, [], 10**30)],
]


@pytest.mark.sampled
@pytest.mark.parametrize(("payload", "field"), BAD)
def test_fields_that_cannot_be_are_refused_by_name(payload: dict[str, Any], field: str) -> None:
    category, client = make_category("Home"), staff_client()
    before = dump_catalog()

    for response in (client.post(ALL, payload), client.patch(f"{ALL}{category.pk}/", payload)):
        assert (response.status_code, list(response.json()["errors"])) == (400, [field])

    assert dump_catalog() == before


def test_a_rename_leaves_the_slug_and_what_is_not_named() -> None:
    make_category("Home")
    category = make_category("Lighting", "Home")
    make_product("Lamp", category=category)

    response = staff_client().patch(f"{ALL}{category.pk}/", {"name": "Lamps", "slug": "other", "id": 99})

    assert response.status_code == 200
    assert response.json()["data"] == {
        "id": category.pk,
        "name": "Lamps",
        "slug": "lighting",
        "parent_id": category.parent_id,
        "position": 0,
    }
    assert [node["category"]["name"] for node in list_products(category="lighting")] == ["Lamps"]


def test_a_move_takes_what_is_inside_along() -> None:
    home, garden = make_category("Home"), make_category("Garden")
    lighting = make_category("Lighting", "Home")
    make_product("Lamp", category=make_category("Candles", "Home", "Lighting"))
    client = staff_client()

    client.patch(f"{ALL}{lighting.pk}/", {"parent_id": garden.pk, "position": 2})

    assert (len(list_products(category="garden")), len(list_products(category="home"))) == (1, 0)
    client.patch(f"{ALL}{lighting.pk}/", {"parent_id": None})
    assert (len(list_products(category="garden")), len(list_products(category="lighting"))) == (0, 1)
    assert Category.objects.get(pk=lighting.pk).position == 2
    assert home.children.count() == 0


def test_none_is_moved_into_itself() -> None:
    inner = make_category("Candles", "Home", "Lighting")
    home = Category.objects.get(name="Home")
    client = staff_client()
    before = dump_catalog()

    for below in (home.pk, inner.parent_id, inner.pk):
        assert_refused(client.patch(f"{ALL}{home.pk}/", {"parent_id": below}), 400, "category_unknown", "parent_id")

    assert dump_catalog() == before


@pytest.mark.parametrize(
    "name",
    ["Garden", "GARDEN"],
)
def test_neither_rename_nor_move_makes_two_of_one_name(name: str) -> None:
    make_category("Garden")
    home, inner = make_category("Home"), make_category(name, "Home")
    client = staff_client()
    before = dump_catalog()

    assert_refused(client.patch(f"{ALL}{home.pk}/", {"name": name}), 400, "category_unknown", "name")
    assert_refused(client.patch(f"{ALL}{inner.pk}/", {"parent_id": None}), 400, "category_unknown", "name")
    assert dump_catalog() == before


def test_its_own_name_may_change_its_case() -> None:
    home = make_category("Home")

    assert staff_client().patch(f"{ALL}{home.pk}/", {"name": "HOME"}).json()["data"]["name"] == "HOME"


def test_an_empty_one_is_deleted() -> None:
    category, client = make_category("Home"), staff_client()

    response = client.delete(f"{ALL}{category.pk}/")

    assert (response.status_code, response.json()["data"]) == (200, None)
    assert response.json()["message"] == "Category deleted successfully"
    assert list_categories() == []
    assert_refused(client.delete(f"{ALL}{category.pk}/"), 404, "not_found")


def test_one_in_use_stays() -> None:
    inner = make_category("Lighting", "Home")
    make_product(category=inner, is_active=False)
    client = staff_client()
    before = dump_catalog()

    for pk in (inner.pk, inner.parent_id):
        assert_refused(client.delete(f"{ALL}{pk}/"), 409, "category_in_use")

    assert dump_catalog() == before


def test_one_in_which_only_deleted_products_stand_is_empty() -> None:
    category, client = make_category("Home"), staff_client()
    client.delete(f"/api/products/{make_product(category=category).pk}/")

    assert client.delete(f"{ALL}{category.pk}/").status_code == 200


@pytest.mark.parametrize("category_id", ["0", "999999", "9" * 18, "9" * 19, "-1", "home", "1.5", "%00", "\u0663"])
def test_an_unknown_one_is_not_found(category_id: str) -> None:
    make_category("Home")
    client = staff_client()
    before = dump_catalog()

    assert_refused(client.patch(f"{ALL}{category_id}/", {"name": "New"}), 404, "not_found")
    assert_refused(client.delete(f"{ALL}{category_id}/"), 404, "not_found")
    assert dump_catalog() == before


def test_the_slug_of_a_long_name_fits() -> None:
    client = staff_client()
    client.raise_request_exception = False

    response = client.post(ALL, {"name": "\u706f " * 60})

    assert response.status_code == 201
    assert len(response.json()["data"]["slug"]) <= 140


def test_ten_categories_stand_one_inside_of_the_other_and_no_more(db: None) -> None:
    client, path = staff_client(), [f"Level {number}" for number in range(10)]
    deepest, top = make_category(path[-1], *path[:-1]), make_category("Top")
    first = Category.objects.get(name="Level 0")

    responses = [
        client.post("/api/products/categories/", {"name": "Deeper", "parent_id": deepest.pk}),
        client.post("/api/products/", {"name": "Lamp", "price": "1.00", "category": " > ".join([*path, "Deeper"])}),
        client.patch(f"/api/products/categories/{first.pk}/", {"parent_id": top.pk}),
    ]

    assert [response.status_code for response in responses] == [400] * 3
    assert "At most 10 categories" in str([response.json()["errors"] for response in responses])
    assert Category.objects.count() == 11
    assert client.get("/api/products/categories/").status_code == 200


def test_a_name_that_reads_as_a_path_is_refused(db: None) -> None:
    response = staff_client().post("/api/products/categories/", {"name": "Home > Lamps"})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["name"])
