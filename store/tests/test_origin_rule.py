"""The origin rule: a browser's write must come from a trusted page."""

import pytest
from pytest_django import Settings

from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, make_user
from products.tests.factories import make_product
from store.tests.factories import EVIL, SHOP_FRONT, WRITES, Write, get_state
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

REFUSED_ORIGINS = [
    *(EVIL, "null", "", "*", f"{SHOP_FRONT}.evil.com", f"{SHOP_FRONT}0", "https://localhost:5173", f"{SHOP_FRONT}/"),
    *("http://localhost", "http://localhost:5173@evil.com", "http://testserver.evil.com", "https://testserver", "testserver"),
    *("http://testserver:8000", "http://[", "file://", f"{SHOP_FRONT} {EVIL}"),
]
REFUSED_REFERERS = [
    *(f"{EVIL}/", f"{EVIL}/?{SHOP_FRONT}/", f"{SHOP_FRONT}.evil.com/", "http://localhost:5173@evil.com/", "", "cart", "http://["),
    *("//localhost:5173/", "https://localhost:5173/", "about:blank", "http://localhost:51730/"),
]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: f"{write.method} {write.url}")
@pytest.mark.parametrize("mount", ["/api", ""])
def test_a_foreign_page_writes_nothing_with_the_visitors_cookies(api: SchemaClient, write: Write, mount: str) -> None:
    make_user()
    lamp = make_product()
    api.post("/api/cart/add/", {"product_id": lamp.pk})
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    before = get_state()
    body = {"email": "ada@example.com", "password": PASSWORD, "product_id": lamp.pk, "quantity": 2, "payment_method": "cod"}

    url = mount + write.url.removeprefix("/api")
    response = getattr(api, write.method.lower())(url, body, HTTP_ORIGIN=EVIL)

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert not response.cookies
    assert get_state() == before


@pytest.mark.parametrize("url", ["/api/auth/login/", "/api/auth/register/"])
def test_a_foreign_page_signs_nobody_in_not_even_a_guest_without_cookies(api: SchemaClient, url: str) -> None:
    make_user()

    response = api.post(url, {"email": "ada@example.com", "password": PASSWORD}, HTTP_ORIGIN=EVIL)

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert "Set-Cookie" not in response.headers
    assert not response.cookies
    assert User.objects.count() == 1
    assert not AuthSession.objects.exists()


@pytest.mark.parametrize("origin", REFUSED_ORIGINS)
def test_only_the_exact_origin_is_trusted(api: SchemaClient, origin: str) -> None:
    lamp = make_product()
    before = get_state()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_ORIGIN=origin)

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert get_state() == before


@pytest.mark.parametrize("origin", [SHOP_FRONT, "http://testserver", "https://shop.example"])
def test_the_shop_front_its_own_pages_and_listed_ones_may_write(api: SchemaClient, settings: Settings, origin: str) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [SHOP_FRONT, "https://shop.example"]
    lamp = make_product()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_ORIGIN=origin)

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 201), ("none", 201), ("same-site", 403), ("cross-site", 403), ("", 403)]
)
def test_without_an_origin_the_browsers_own_word_counts(api: SchemaClient, site: str, status: int) -> None:
    lamp = make_product()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_SEC_FETCH_SITE=site)

    assert response.status_code == status


def test_the_browsers_word_excuses_no_foreign_origin(api: SchemaClient) -> None:
    lamp = make_product()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_ORIGIN=EVIL, HTTP_SEC_FETCH_SITE="same-origin")

    assert response.status_code == 403


def test_a_trusted_origin_needs_no_other_word(api: SchemaClient) -> None:
    lamp = make_product()

    response = api.post(
        "/api/cart/add/",
        {"product_id": lamp.pk},
        HTTP_ORIGIN=SHOP_FRONT,
        HTTP_SEC_FETCH_SITE="cross-site",
        HTTP_REFERER=f"{EVIL}/",
    )

    assert response.status_code == 201


def test_a_referer_excuses_no_word_of_the_browser(api: SchemaClient) -> None:
    lamp = make_product()

    response = api.post(
        "/api/cart/add/", {"product_id": lamp.pk}, HTTP_SEC_FETCH_SITE="cross-site", HTTP_REFERER=f"{SHOP_FRONT}/cart"
    )

    assert response.status_code == 403


@pytest.mark.parametrize("referer", [f"{SHOP_FRONT}/cart?x=1", SHOP_FRONT, "http://testserver/api/docs/"])
def test_an_old_browser_is_judged_by_its_referer(api: SchemaClient, referer: str) -> None:
    lamp = make_product()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_REFERER=referer)

    assert response.status_code == 201


@pytest.mark.parametrize("referer", REFUSED_REFERERS)
def test_a_foreign_referer_is_refused(api: SchemaClient, referer: str) -> None:
    lamp = make_product()
    before = get_state()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_REFERER=referer)

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert get_state() == before


def test_a_client_that_is_no_browser_works_with_cookies(api: SchemaClient) -> None:
    make_user()
    lamp = make_product()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    response = api.post("/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 201
    assert response.json()["owner"]["type"] == "user"


def test_reading_is_free_for_every_page(api: SchemaClient) -> None:
    assert api.get("/api/cart/", HTTP_ORIGIN=EVIL).status_code == 200
    assert api.get("/api/products/", HTTP_SEC_FETCH_SITE="cross-site").status_code == 200
