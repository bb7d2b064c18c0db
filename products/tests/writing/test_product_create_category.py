"""Which category a product stands in: named by slug, id, path or name; made by staff alone"""

import pytest
from django.db import IntegrityError

from core.actors import Actor
from products.models import Category, Product
from products.services import products
from products.services.commands import ProductChange, VariantChange
from products.tests.editors import assert_refused, catalog, seller, staff
from products.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db
LAMP = {"name": "Lamp", "price": "20"}


@pytest.mark.parametrize(
    "named",
    ["home-living", "HOME-LIVING", " home-living ", "Home & Living", "home & LIVING", "{id}", "top > home & living", "0{id}"],
)
@pytest.mark.parametrize("who", [staff, seller])
def test_a_category_is_named_by_slug_id_path_or_name(who: object, named: str) -> None:
    home = make_category("Home & Living", "Top")
    client = who()  # type: ignore[operator]  # one of two functions

    response = client.post("/api/products/", {**LAMP, "category": named.replace("{id}", str(home.pk))})

    assert response.status_code == 201
    assert response.json()["data"]["category"] == {"id": home.pk, "name": "Home & Living", "slug": "home-living"}
    assert Category.objects.count() == 2


def test_an_id_may_be_a_number() -> None:
    home = make_category("Home")

    assert staff().post("/api/products/", {**LAMP, "category": home.pk}).json()["data"]["category"]["id"] == home.pk


@pytest.mark.parametrize("named", [None, "", "  "])
def test_no_category_is_none(named: str | None) -> None:
    assert staff().post("/api/products/", {**LAMP, "category": named}).json()["data"]["category"] is None


@pytest.mark.parametrize(
    ("named", "rows"),
    [
        ("Lighting", [("Lighting", "lighting", None)]),
        ("Home > Lighting", [("Home", "home", None), ("Lighting", "lighting", "Home")]),
        ("\u706f", [("\u706f", "deng", None)]),
        ("Create", [("Create", "category-create", None)]),
    ],
)
def test_staff_make_a_category_by_naming_it(named: str, rows: list[tuple[str, str, str | None]]) -> None:
    client = staff()

    first = client.post("/api/products/", {**LAMP, "category": named})
    again = client.post("/api/products/", {**LAMP, "category": named.lower()})

    assert (first.status_code, again.status_code) == (201, 201)
    assert list(Category.objects.order_by("id").values_list("name", "slug", "parent__name")) == rows
    assert first.json()["data"]["category"] == again.json()["data"]["category"]


@pytest.mark.parametrize("named", ["Lighting", "Home > Lighting", "Home > Kitchen", "0", "99999999", "9" * 40])
def test_a_seller_who_names_an_unknown_one_is_refused(named: str) -> None:
    make_category("Home")
    client = seller()
    before = catalog()

    assert_refused(client.post("/api/products/", {**LAMP, "category": named}), 400, "category_unknown", "category")
    assert catalog() == before


@pytest.mark.parametrize("named", ["0", "99999999", "9" * 40, "Home >", "> Home", ">", "Home > > Lamps"])
def test_staff_make_none_of_a_number_or_of_a_broken_path(named: str) -> None:
    client = staff()
    before = catalog()

    assert_refused(client.post("/api/products/", {**LAMP, "category": named}), 400, "category_unknown", "category")
    assert catalog() == before


def test_a_name_that_several_have_is_refused_with_their_slugs() -> None:
    make_category("Lighting", "Home")
    make_category("Lighting", "Garden")
    client = staff()
    before = catalog()
    Category.objects.filter(slug="lighting").update(slug="home-lighting")  # else the slug is meant
    before = catalog()

    response = client.post("/api/products/", {**LAMP, "category": "LIGHTING"})

    assert_refused(response, 400, "category_unknown", "category")
    assert response.json()["errors"]["category"] == [
        "Several categories are called so; name one by its slug: home-lighting, lighting-2"
    ]
    assert catalog() == before


def test_a_category_of_one_name_inside_another_of_it_is_found_by_its_path() -> None:
    inner = make_category("Home", "Home")

    response = seller().post("/api/products/", {**LAMP, "category": "Home > Home"})

    assert response.json()["data"]["category"]["id"] == inner.pk


def test_a_change_names_it_the_same_way() -> None:
    lamp = make_product("Lamp", category=make_category("Lighting"))
    client = staff()

    moved = client.patch(f"/api/products/{lamp.pk}/", {"category": "Home > Lamps"})
    emptied = client.patch(f"/api/products/{lamp.pk}/", {"category": None})

    assert moved.json()["data"]["category"]["name"] == "Lamps"
    assert emptied.json()["data"]["category"] is None
    assert Product.objects.get().category_id is None
    assert Category.objects.count() == 3


@pytest.mark.parametrize("name", ["x" * 121, "Home > " + "x" * 121, "x" * 490])
def test_a_name_that_is_too_long_for_a_category_is_refused(name: str) -> None:
    client = staff()
    client.raise_request_exception = False
    before = catalog()

    response = client.post("/api/products/", {**LAMP, "category": name})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["category"])
    assert catalog() == before


def test_a_name_that_is_longer_in_latin_letters_has_a_slug_that_fits() -> None:
    client = staff()
    client.raise_request_exception = False

    response = client.post("/api/products/", {**LAMP, "category": "\u706f" * 120})

    assert response.status_code == 201
    assert len(Category.objects.get().slug) <= 140


@pytest.mark.django_db(transaction=True)
def test_what_fails_for_another_reason_is_not_told_as_the_categorys_fault() -> None:
    nobody = Actor(999_999, None, "staff")
    make_category("Home")
    lamp = make_product("Lamp")

    with pytest.raises(IntegrityError):
        products.change(nobody, lamp.pk, ProductChange({"category": "home"}, simple=VariantChange(available=3)))

    assert Product.objects.get().category is None
