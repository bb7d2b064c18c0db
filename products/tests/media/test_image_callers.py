"""POST /api/products/<pk>/images/: who may, how much, and in which form"""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from products.models import Product, ProductImage
from products.services import products
from products.tests.factories import make_product
from tests.pictures import BOUNDARY, MULTIPART, customer, form, picture, seller, send, staff, stored, token_of, upload
from tests.schema_client import SchemaClient

MB = 1024**2
FILE = ("image", picture(), "lamp.png")


def nothing_is_kept() -> bool:
    """Say whether there is neither a picture nor a file."""
    return not ProductImage.objects.exists() and stored() == []


def test_a_guest_is_refused(api: SchemaClient) -> None:
    response = upload(api, make_product(), picture())

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert nothing_is_kept()


def test_a_customer_is_refused(db: None) -> None:
    response = upload(customer(), make_product(), picture())

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert nothing_is_kept()


@pytest.mark.parametrize("content", [picture(), b"no picture"])
def test_a_seller_is_refused_at_the_product_of_another(db: None, content: bytes) -> None:
    _, other = seller("other@example.com")
    client, _ = seller()

    response = upload(client, make_product(seller_id=other), content)

    assert (response.status_code, response.json()["code"]) == (403, "not_your_product")
    assert nothing_is_kept()


def test_a_seller_is_refused_at_the_shops_own_product(db: None) -> None:
    client, _ = seller()

    response = upload(client, make_product(), picture())

    assert (response.status_code, response.json()["code"]) == (403, "not_your_product")
    assert nothing_is_kept()


@pytest.mark.parametrize("ref", ["0", "999999999", "9" * 30, "-1", "lamp", "00000000-0000-4000-8000-000000000000", "%00"])
def test_an_unknown_product_has_no_pictures(db: None, ref: str) -> None:
    response = staff().generic("POST", f"/api/products/{ref}/images/", form(FILE), content_type=MULTIPART)

    assert response.status_code == 404
    assert nothing_is_kept()


def test_a_deleted_product_takes_no_pictures(db: None) -> None:
    lamp = make_product()
    products.retire([lamp.pk])

    response = upload(staff(), lamp, picture())

    assert (response.status_code, response.json()["code"]) == (404, "product_not_found")
    assert nothing_is_kept()


def test_a_form_on_a_foreign_page_is_refused(api: SchemaClient) -> None:
    lamp = make_product()
    api.cookies["access_token"] = token_of(is_staff=True)

    response = api.generic(
        "POST",
        f"/api/products/{lamp.pk}/images/",
        form(FILE),
        content_type=MULTIPART,
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 403
    assert nothing_is_kept()


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "image/png", "text/plain", ""])
def test_a_file_comes_in_a_form_and_nothing_else(db: None, kind: str) -> None:
    response = staff().generic("POST", f"/api/products/{make_product().pk}/images/", picture(), content_type=kind)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert nothing_is_kept()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", form(FILE)),
        ("multipart/form-data; boundary=", form(FILE)),
        (f"multipart/form-data; boundary={'x' * 300}", form(FILE)),
        ("multipart/form-data; boundary=another", form(FILE)),
        (MULTIPART, b"a lamp"),
        (MULTIPART, form(FILE)[:60]),
        (MULTIPART, b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: form-data\r\n\r\n"),
        (MULTIPART, form(*[("x", "y", None)] * 1_001)),
        (MULTIPART, form(*[("x", "y", "z.png")] * 101)),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(db: None, kind: str, body: bytes) -> None:
    response = staff().generic("POST", f"/api/products/{make_product().pk}/images/", body, content_type=kind)

    assert response.status_code == 400
    assert nothing_is_kept()


def test_no_other_method_answers(db: None) -> None:
    response = staff().get(f"/api/products/{make_product().pk}/images/")

    assert response.status_code == 405


def of_size(size: int) -> bytes:
    """Return a picture file of so many bytes: what follows a picture does not hurt it."""
    return picture().ljust(size, b"\0")


def test_a_file_of_five_megabytes_is_taken(db: None) -> None:
    response = upload(staff(), make_product(), of_size(5 * MB))

    assert response.status_code == 201


@pytest.mark.parametrize("more", [1, 100_000])
def test_a_byte_more_than_five_megabytes_is_too_large(db: None, more: int) -> None:
    response = upload(staff(), make_product(), of_size(5 * MB + more))

    assert nothing_is_kept()
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("more", [1, 300_000, 5 * MB])
def test_nothing_is_kept_of_a_file_that_is_too_large(db: None, more: int) -> None:
    response = upload(staff(), make_product(), of_size(5 * MB + more))

    assert response.status_code in (400, 413)
    assert nothing_is_kept()


def test_a_body_that_is_far_too_large_is_refused(db: None) -> None:
    response = upload(staff(), make_product(), of_size(6 * MB))

    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_text_that_is_too_large_is_refused(db: None) -> None:
    response = send(staff(), make_product(), FILE, ("alt", "x" * 3 * MB, None))

    assert response.status_code == 413
    assert nothing_is_kept()


def announced(server: LiveServer, product: Product, token: str, **headers: str) -> tuple[int, dict[str, Any]]:
    """Announce an upload, send none of it, and return the answer."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        connection.putrequest("POST", f"/api/products/{product.pk}/images/")
        for name, value in {"Authorization": f"Bearer {token}", "Content-Type": MULTIPART, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        with connection.getresponse() as response:  # which holds the socket too
            return response.status, json.loads(response.read1())  # the server closes only when all that was announced has come
    finally:
        connection.close()


def test_what_is_announced_as_too_large_is_refused_before_it_is_sent(live_server: LiveServer) -> None:
    token = token_of(is_staff=True)

    status, body = announced(live_server, make_product(), token, **{"Content-Length": str(50 * MB)})

    assert (status, body["code"]) == (413, "too_large")
    assert body["message"] == "The upload is larger than 5 MB"
    assert nothing_is_kept()


def test_who_may_not_is_refused_before_anything_is_sent(live_server: LiveServer) -> None:
    status, body = announced(live_server, make_product(), token_of(), **{"Content-Length": str(50 * MB)})

    assert (status, body["code"]) == (403, "permission_denied")


def test_a_body_of_unknown_length_is_refused(live_server: LiveServer) -> None:
    token = token_of(is_staff=True)

    status, body = announced(live_server, make_product(), token, **{"Transfer-Encoding": "chunked"})

    assert (status, body["code"]) == (411, "length_required")


@pytest.mark.parametrize("size", [(60, 40), (900, 600)])
def test_a_full_disk_is_told_and_no_picture_is_shown(db: None, size: tuple[int, int]) -> None:
    Path(settings.MEDIA_ROOT).write_text("a file where the folder should be")

    response = upload(staff(), make_product(), picture(size=size))

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert response["Retry-After"] == "5"
    assert not ProductImage.objects.exists()
