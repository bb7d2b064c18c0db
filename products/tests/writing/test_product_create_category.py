"""The category of a product: referenced by slug, id, path or name; created only by staff"""

import pytest
from django.db import IntegrityError

from core.actors import Actor
from products.models import Category, Product
from products.services import products
from products.services.commands import ProductChange, VariantChange
from products.tests.editors import assert_refused, dump_catalog, seller_client, staff_client
from products.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db
LAMP = {"name": "Lamp", "price": "20"}


@pytest.mark.parametrize(
    "ref",
    ["home-living", "HOME-LIVING", " home-living ", "Home & Living", "home & LIVING", "{id}", "top > home & living", "0{id}"],
)
@pytest.mark.parametrize("make_client", [staff_client, seller_client])
def test_a_category_is_named_by_slug_id_path_or_name(make_client: object, ref: str) -> None:
    home = make_category("Home & Living", "Top")
    client = make_client()  # type: ignore[operator]  # one of two functions

    response = client.post("/api/products/", {**LAMP, "category": ref.replace("{id}", str(home.pk))})

    assert response.status_code == 201
    assert response.json()["data"]["category"] == {"id": home.pk, "name": "Home & Living", "slug": "home-living"}
    assert Category.objects.count() == 2


def test_an_id_may_be_a_number() -> None:
    home = make_category("Home")

    assert staff_client().post("/api/products/", {**LAMP, "category": home.pk}).json()["data"]["category"]["id"] == home.pk


@pytest.mark.parametrize("ref", [None, "", "  "])
def test_no_category_is_none(ref: str | None) -> None:
    assert staff_client().post("/api/products/", {**LAMP, "category": ref}).json()["data"]["category"] is None


@pytest.mark.parametrize(
    ("ref", "rows"),
    [
        ("Lighting", [("Lighting", "lighting", None)]),
        ("Home > Lighting", [("Home", "home", None), ("Lighting", "lighting", "Home")]),
        ("\u706f", [("\u706f", "deng", None)]),
        ("Create", [("Create", "category-create", None)]),
    ],
)
def test_staff_make_a_category_by_naming_it(ref: str, rows: list[tuple[str, str, str | None]]) -> None:
    client = staff_client()

    first_response = client.post("/api/products/", {**LAMP, "category": ref})
    second_response = client.post("/api/products/", {**LAMP, "category": ref.lower()})

    assert (first_response.status_code, second_response.status_code) == (201, 201)
    assert list(Category.objects.order_by("id").values_list("name", "slug", "parent__name")) == rows
    assert first_response.json()["data"]["category"] == second_response.json()["data"]["category"]


@pytest.mark.parametrize("ref", ["Lighting", "Home > Lighting", "Home > Kitchen", "0", "99999999", "9" * 40])
def test_a_seller_who_names_an_unknown_one_is_refused(ref: str) -> None:
    make_category("Home")
    client = seller_client()
    before = dump_catalog()

    assert_refused(client.post("/api/products/", {**LAMP, "category": ref}), 400, "category_unknown", "category")
    assert dump_catalog() == before


@pytest.mark.parametrize("ref", ["0", "99999999", "9" * 40, "Home >", "> Home", ">", "Home > > Lamps"])
def test_staff_make_none_of_a_number_or_of_a_broken_path(ref: str) -> None:
    client = staff_client()
    before = dump_catalog()

    assert_refused(client.post("/api/products/", {**LAMP, "category": ref}), 400, "category_unknown", "category")
    assert dump_catalog() == before


def test_a_name_that_several_have_is_refused_with_their_slugs() -> None:
    make_category("Lighting", "Home")
    make_category("Lighting", "Garden")
    client = staff_client()
    before = dump_catalog()
    Category.objects.filter(slug="lighting").update(slug="home-lighting")  # a slug takes precedence over a name
    before = dump_catalog()

    response = client.post("/api/products/", {**LAMP, "category": "LIGHTING"})

    assert_refused(response, 400, "category_unknown", "category")
    assert response.json()["errors"]["category"] == [
        "Several categories have this name; use a slug instead: home-lighting, lighting-2"
    ]
    assert dump_catalog() == before


def test_a_category_of_one_name_inside_another_of_it_is_found_by_its_path() -> None:
    inner = make_category("Home", "Home")

    response = seller_client().post("/api/products/", {**LAMP, "category": "Home > Home"})

    assert response.json()["data"]["category"]["id"] == inner.pk


def test_a_change_names_it_the_same_way() -> None:
    lamp = make_product("Lamp", category=make_category("Lighting"))
    client = staff_client()

    moved = client.patch(f"/api/products/{lamp.pk}/", {"category": "Home > Lamps"})
    emptied = client.patch(f"/api/products/{lamp.pk}/", {"category": None})

    assert moved.json()["data"]["category"]["name"] == "Lamps"
    assert emptied.json()["data"]["category"] is None
    assert Product.objects.get().category_id is None
    assert Category.objects.count() == 3


@pytest.mark.parametrize("name", ["x" * 121, "Home > " + "x" * 121, "x" * 490])
def test_a_name_that_is_too_long_for_a_category_is_refused(name: str) -> None:
    client = staff_client()
    client.raise_request_exception = False
    before = dump_catalog()

    response = client.post("/api/products/", {**LAMP, "category": name})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["category"])
    assert dump_catalog() == before


def test_a_name_that_is_longer_in_latin_letters_has_a_slug_that_fits() -> None:
    client = staff_client()
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
        products.update(nobody, lamp.pk, ProductChange(category_ref="home", simple_variant=VariantChange(available=3)))

    assert Product.objects.get().category is None
