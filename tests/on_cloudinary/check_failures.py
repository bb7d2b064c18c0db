"""Cloudinary does not do as asked: what the API and the import answer, and that nothing is left behind"""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import cloudinary
import pytest

from products.media import cloudinary_storage
from products.models import Product, ProductImage
from products.tests.factories import make_product
from products.tests.import_file import load, row, run, write
from tests.cloudinary_stand_in import StandIn
from tests.pictures import picture, staff, stored, upload

DOWN = [420, 429, 500, 502, 503, "garbage", "html", "hang", "close"]
ODD = ["json", "list"]
PATIENCE = 0.5  # seconds, instead of ten


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for half a second, not for ten."""
    monkeypatch.setattr(cloudinary_storage, "TIMEOUT", PATIENCE)


@pytest.mark.parametrize("says", [*DOWN, *ODD])
def test_a_host_that_is_down_is_told_soon(host: StandIn, says: int | str) -> None:
    lamp, client = make_product(), staff()
    host.says = says

    start = time.monotonic()
    response = upload(client, lamp, picture())

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert response["Retry-After"] == "5"
    assert time.monotonic() - start < PATIENCE + 0.5
    assert (ProductImage.objects.count(), stored()) == (0, [])
    assert sum(address.endswith("/image/upload") for address in host.asked) == 1


@pytest.mark.parametrize("says", [400, 401, 403])
def test_a_host_that_refuses_is_told_as_that(host: StandIn, says: int) -> None:
    lamp, client = make_product(), staff()
    host.says = says

    response = upload(client, lamp, picture())

    assert (response.status_code, response.json()["code"]) == (502, "media_refused")
    assert "Retry-After" not in response
    assert "the secret" not in response.content.decode()
    assert (ProductImage.objects.count(), stored()) == (0, [])


def test_a_wrong_secret_is_refused(host: StandIn) -> None:
    lamp, client = make_product(), staff()
    known = cloudinary.config().api_secret
    cloudinary.config(api_secret="another secret")
    try:
        response = upload(client, lamp, picture())
    finally:
        cloudinary.config(api_secret=known)

    assert (response.status_code, response.json()["code"]) == (502, "media_refused")
    assert (host.files, ProductImage.objects.count()) == ({}, 0)


def test_a_host_that_nobody_answers_at_is_told() -> None:
    lamp, client = make_product(), staff()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        cloudinary.config(upload_prefix=f"http://127.0.0.1:{taken.getsockname()[1]}")

        response = upload(client, lamp, picture())

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")


@pytest.fixture
def silent() -> Iterator[str]:
    """A host that takes no connection and refuses none, as one behind a firewall: its queue is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for one in waiting:
            one.close()


def test_a_host_that_cannot_be_reached_is_told_soon(silent: str) -> None:
    lamp, client = make_product(), staff()
    cloudinary.config(upload_prefix=silent)

    start = time.monotonic()
    response = upload(client, lamp, picture())

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert time.monotonic() - start < PATIENCE + 0.5


def test_after_a_failure_the_next_picture_is_taken(host: StandIn) -> None:
    lamp, client = make_product(), staff()
    host.says = "close"
    assert upload(client, lamp, picture()).status_code == 503

    host.says = 0

    assert upload(client, lamp, picture()).status_code == 201
    assert list(host.files) == [ProductImage.objects.get().image.name]


@pytest.mark.parametrize("says", [400, 401, 500, "garbage", "close", "hang", *ODD])
@pytest.mark.parametrize("image", ["red.png", "https://pictures.example/red.png"])
def test_an_import_keeps_the_row_and_names_the_picture(host: StandIn, tmp_path: Path, says: int | str, image: str) -> None:
    (write(tmp_path, []).parent / "red.png").write_bytes(picture())
    host.says = says

    ran = load(tmp_path, row("A", images=[image]), row("B"))

    assert ran.code == 0
    assert ran.said == ["2 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert ran.complaints[0].startswith(f"  row 1 (Lamp A): picture {image} ")
    assert (Product.objects.count(), ProductImage.objects.count()) == (2, 0)

    host.says = 0
    assert load(tmp_path, row("A", images=[image]), row("B")).said == ["0 created, 1 changed, 1 unchanged, 0 failed"]


def test_a_strict_import_ends_as_a_failure(host: StandIn, tmp_path: Path) -> None:
    host.says = 500
    file = write(tmp_path, [row("A", images=["https://pictures.example/red.png"])])

    ran = load(tmp_path, row("A", images=["https://pictures.example/red.png"]))
    strict = run(file, strict=True)

    assert (ran.code, strict.code) == (0, 1)
    assert (Product.objects.count(), ProductImage.objects.count()) == (1, 0)
