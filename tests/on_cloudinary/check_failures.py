"""Cloudinary fails: the responses of API and import, and that nothing is left behind"""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import cloudinary
import pytest

from products.media import cloudinary_storage
from products.models import Product, ProductImage
from products.tests.factories import make_product
from products.tests.import_file import import_rows, make_row, run_import, write_file
from tests.cloudinary_stand_in import HANG_SECONDS, StandIn
from tests.image_files import list_stored_files, make_image, make_staff_client, post_image

UNAVAILABLE = [420, 429, 500, 502, 503, "garbage", "html", "hang", "close"]
INVALID_BODIES = ["json", "list"]
TIMEOUT = 0.5  # seconds, instead of ten
SOON = HANG_SECONDS / 2  # the shop did not wait for the host, however busy the machine is


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for half a second, not for ten."""
    monkeypatch.setattr(cloudinary_storage, "TIMEOUT", TIMEOUT)


@pytest.mark.parametrize("failure", [*UNAVAILABLE, *INVALID_BODIES])
def test_a_host_that_is_down_is_reported_soon(host: StandIn, failure: int | str) -> None:
    lamp, client = make_product(), make_staff_client()
    host.failure = failure

    start = time.monotonic()
    response = post_image(client, lamp, make_image())

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert response["Retry-After"] == "5"
    assert time.monotonic() - start < SOON
    assert (ProductImage.objects.count(), list_stored_files()) == (0, [])
    assert sum(address.endswith("/image/upload") for address in host.requests) == 1


@pytest.mark.parametrize("failure", [400, 401, 403])
def test_a_refusal_by_the_host_is_reported_as_such(host: StandIn, failure: int) -> None:
    lamp, client = make_product(), make_staff_client()
    host.failure = failure

    response = post_image(client, lamp, make_image())

    assert (response.status_code, response.json()["code"]) == (502, "media_refused")
    assert "Retry-After" not in response
    assert "the secret" not in response.content.decode()
    assert (ProductImage.objects.count(), list_stored_files()) == (0, [])


def test_a_wrong_secret_is_refused(host: StandIn) -> None:
    lamp, client = make_product(), make_staff_client()
    real_secret = cloudinary.config().api_secret
    cloudinary.config(api_secret="another secret")
    try:
        response = post_image(client, lamp, make_image())
    finally:
        cloudinary.config(api_secret=real_secret)

    assert (response.status_code, response.json()["code"]) == (502, "media_refused")
    assert (host.files, ProductImage.objects.count()) == ({}, 0)


def test_a_host_that_does_not_listen_is_reported() -> None:
    lamp, client = make_product(), make_staff_client()
    with socket.socket() as bound_socket:
        bound_socket.bind(("127.0.0.1", 0))
        cloudinary.config(upload_prefix=f"http://127.0.0.1:{bound_socket.getsockname()[1]}")

        response = post_image(client, lamp, make_image())

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")


@pytest.fixture
def silent() -> Iterator[str]:
    """A host whose accept queue is full: it neither accepts nor refuses connections, like one behind a firewall."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for client in waiting:
            client.close()


def test_an_unreachable_host_is_reported_soon(silent: str) -> None:
    lamp, client = make_product(), make_staff_client()
    cloudinary.config(upload_prefix=silent)

    start = time.monotonic()
    response = post_image(client, lamp, make_image())

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert time.monotonic() - start < SOON


def test_after_a_failure_the_next_picture_is_taken(host: StandIn) -> None:
    lamp, client = make_product(), make_staff_client()
    host.failure = "close"
    assert post_image(client, lamp, make_image()).status_code == 503

    host.failure = 0

    assert post_image(client, lamp, make_image()).status_code == 201
    assert list(host.files) == [ProductImage.objects.get().image.name]


@pytest.mark.parametrize("failure", [400, 401, 500, "garbage", "close", "hang", *INVALID_BODIES])
@pytest.mark.parametrize("image", ["red.png", "https://pictures.example/red.png"])
def test_an_import_keeps_the_row_and_names_the_picture(host: StandIn, tmp_path: Path, failure: int | str, image: str) -> None:
    (write_file(tmp_path, []).parent / "red.png").write_bytes(make_image())
    host.failure = failure

    result = import_rows(tmp_path, make_row("A", images=[image]), make_row("B"))

    assert result.code == 0
    assert result.output == ["2 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert result.errors[0].startswith(f"  row 1 (Lamp A): picture {image} ")
    assert (Product.objects.count(), ProductImage.objects.count()) == (2, 0)

    host.failure = 0
    assert import_rows(tmp_path, make_row("A", images=[image]), make_row("B")).output == [
        "0 created, 1 changed, 1 unchanged, 0 failed"
    ]


def test_a_strict_import_ends_as_a_failure(host: StandIn, tmp_path: Path) -> None:
    host.failure = 500
    file = write_file(tmp_path, [make_row("A", images=["https://pictures.example/red.png"])])

    result = import_rows(tmp_path, make_row("A", images=["https://pictures.example/red.png"]))
    strict = run_import(file, strict=True)

    assert (result.code, strict.code) == (0, 1)
    assert (Product.objects.count(), ProductImage.objects.count()) == (1, 0)
