"""POST /api/products/<pk>/images/: permissions, size limits and request formats"""

import http.client
import json
import resource
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from PIL import Image
from pytest_django.live_server_helper import LiveServer

from products.models import Product, ProductImage
from products.services import products
from products.tests.factories import make_product
from tests.image_files import (
    BOUNDARY,
    MULTIPART,
    encode_image,
    list_stored_files,
    make_customer_client,
    make_image,
    make_multipart_body,
    make_seller_client,
    make_staff_client,
    make_token,
    post_image,
    post_images,
)
from tests.schema_client import SchemaClient

MB = 1024**2
FILE = ("image", make_image(), "lamp.png")


def is_nothing_stored() -> bool:
    """Return whether there is neither an image nor a file."""
    return not ProductImage.objects.exists() and list_stored_files() == []


def test_a_guest_is_refused(api: SchemaClient) -> None:
    response = post_image(api, make_product(), make_image())

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert is_nothing_stored()


def test_a_customer_is_refused(db: None) -> None:
    response = post_image(make_customer_client(), make_product(), make_image())

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert is_nothing_stored()


@pytest.mark.parametrize("content", [make_image(), b"no picture"])
def test_a_seller_is_refused_at_the_product_of_another(db: None, content: bytes) -> None:
    _, other = make_seller_client("other@example.com")
    client, _ = make_seller_client()

    response = post_image(client, make_product(seller_id=other), content)

    assert (response.status_code, response.json()["code"]) == (403, "not_your_product")
    assert is_nothing_stored()


def test_a_seller_is_refused_at_the_shops_own_product(db: None) -> None:
    client, _ = make_seller_client()

    response = post_image(client, make_product(), make_image())

    assert (response.status_code, response.json()["code"]) == (403, "not_your_product")
    assert is_nothing_stored()


@pytest.mark.parametrize("ref", ["0", "999999999", "9" * 30, "-1", "lamp", "00000000-0000-4000-8000-000000000000", "%00"])
def test_an_unknown_product_has_no_pictures(db: None, ref: str) -> None:
    response = make_staff_client().generic(
        "POST", f"/api/products/{ref}/images/", make_multipart_body(FILE), content_type=MULTIPART
    )

    assert response.status_code == 404
    assert is_nothing_stored()


def test_a_deleted_product_takes_no_pictures(db: None) -> None:
    lamp = make_product()
    products.retire([lamp.pk])

    response = post_image(make_staff_client(), lamp, make_image())

    assert (response.status_code, response.json()["code"]) == (404, "product_not_found")
    assert is_nothing_stored()


def test_a_form_on_a_foreign_page_is_refused(api: SchemaClient) -> None:
    lamp = make_product()
    api.cookies["access_token"] = make_token(is_staff=True, is_superuser=True)

    response = api.generic(
        "POST",
        f"/api/products/{lamp.pk}/images/",
        make_multipart_body(FILE),
        content_type=MULTIPART,
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 403
    assert is_nothing_stored()


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "image/png", "text/plain", ""])
def test_a_file_comes_in_a_form_and_nothing_else(db: None, kind: str) -> None:
    response = make_staff_client().generic("POST", f"/api/products/{make_product().pk}/images/", make_image(), content_type=kind)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert is_nothing_stored()


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", make_multipart_body(FILE)),
        ("multipart/form-data; boundary=", make_multipart_body(FILE)),
        (f"multipart/form-data; boundary={'x' * 300}", make_multipart_body(FILE)),
        ("multipart/form-data; boundary=another", make_multipart_body(FILE)),
        (MULTIPART, b"a lamp"),
        (MULTIPART, make_multipart_body(FILE)[:60]),
        (MULTIPART, b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: form-data\r\n\r\n"),
        (MULTIPART, make_multipart_body(*[("x", "y", None)] * 1_001)),
        (MULTIPART, make_multipart_body(*[("x", "y", "z.png")] * 101)),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(db: None, kind: str, body: bytes) -> None:
    response = make_staff_client().generic("POST", f"/api/products/{make_product().pk}/images/", body, content_type=kind)

    assert response.status_code == 400
    assert is_nothing_stored()


def test_no_other_method_answers(db: None) -> None:
    response = make_staff_client().get(f"/api/products/{make_product().pk}/images/")

    assert response.status_code == 405


def make_file_of_size(size: int) -> bytes:
    """Return an image file of this size in bytes: data after the end of an image does no harm."""
    return make_image().ljust(size, b"\0")


def test_a_file_of_five_megabytes_is_taken(db: None) -> None:
    response = post_image(make_staff_client(), make_product(), make_file_of_size(5 * MB))

    assert response.status_code == 201


@pytest.mark.parametrize("more", [1, 100_000])
def test_a_byte_more_than_five_megabytes_is_too_large(db: None, more: int) -> None:
    response = post_image(make_staff_client(), make_product(), make_file_of_size(5 * MB + more))

    assert is_nothing_stored()
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("more", [1, 300_000, 5 * MB])
def test_nothing_is_kept_of_a_file_that_is_too_large(db: None, more: int) -> None:
    response = post_image(make_staff_client(), make_product(), make_file_of_size(5 * MB + more))

    assert response.status_code in (400, 413)
    assert is_nothing_stored()


def test_a_body_that_is_far_too_large_is_refused(db: None) -> None:
    response = post_image(make_staff_client(), make_product(), make_file_of_size(6 * MB))

    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_text_that_is_too_large_is_refused(db: None) -> None:
    response = post_images(make_staff_client(), make_product(), FILE, ("alt", "x" * 3 * MB, None))

    assert response.status_code == 413
    assert is_nothing_stored()


def announce_upload(server: LiveServer, product: Product, token: str, **headers: str) -> tuple[int, dict[str, Any]]:
    """Send only the headers of an upload, and return the response."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    try:
        connection.putrequest("POST", f"/api/products/{product.pk}/images/")
        for name, value in {"Authorization": f"Bearer {token}", "Content-Type": MULTIPART, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        with connection.getresponse() as response:  # the response keeps the socket open too
            return response.status, json.loads(response.read1())  # the server waits for the whole body before it closes
    finally:
        connection.close()


def test_what_is_announced_as_too_large_is_refused_before_it_is_sent(live_server: LiveServer) -> None:
    token = make_token(is_staff=True, is_superuser=True)

    status, body = announce_upload(live_server, make_product(), token, **{"Content-Length": str(50 * MB)})

    assert (status, body["code"]) == (413, "too_large")
    assert body["message"] == "The upload is larger than 5 MB"
    assert is_nothing_stored()


def test_who_may_not_is_refused_before_anything_is_sent(live_server: LiveServer) -> None:
    status, body = announce_upload(live_server, make_product(), make_token(), **{"Content-Length": str(50 * MB)})

    assert (status, body["code"]) == (403, "permission_denied")


def test_a_body_of_unknown_length_is_refused(live_server: LiveServer) -> None:
    token = make_token(is_staff=True, is_superuser=True)

    status, body = announce_upload(live_server, make_product(), token, **{"Transfer-Encoding": "chunked"})

    assert (status, body["code"]) == (411, "length_required")


def test_a_disk_that_fills_up_keeps_no_part_of_a_picture(
    db: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    save: Any = FileSystemStorage.__dict__["_save"]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    def save_within_limit(*arguments: Any) -> Any:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limit[1]))
        try:
            return save(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    monkeypatch.setattr(FileSystemStorage, "_save", save_within_limit)
    noise = Image.effect_noise((400, 400), 100)  # 150 KB, as nothing of it compresses

    response = post_image(make_staff_client(), make_product(), encode_image(noise, "PNG"))

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert is_nothing_stored()
    assert "an image could not be stored: [Errno 27] File too large" in caplog.text


@pytest.mark.parametrize("size", [(60, 40), (900, 600)])
def test_a_full_disk_is_told_and_no_picture_is_shown(db: None, size: tuple[int, int]) -> None:
    Path(settings.MEDIA_ROOT).write_text("a file where the folder should be")

    response = post_image(make_staff_client(), make_product(), make_image(size=size))

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert response["Retry-After"] == "5"
    assert not ProductImage.objects.exists()
