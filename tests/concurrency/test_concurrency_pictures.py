"""Law L2 for images: concurrent uploads to one product all count, up to twenty, over HTTP with real threads."""

import http.client
import json
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import make_access_token, make_user
from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.concurrent_requests import TIMEOUT, Caller, Response, at_once, count_statuses
from tests.image_files import MULTIPART, get_positions, list_referenced_files, list_stored_files, make_image, make_multipart_body


def send_body(caller: Caller, method: str, path: str, body: bytes = b"", kind: str = MULTIPART) -> Response:
    """Send a body and return the response."""
    connection = http.client.HTTPConnection(urlsplit(caller.url).netloc, timeout=TIMEOUT)
    try:
        connection.request(method, path, body, {**caller.headers, "Content-Type": kind})
        with connection.getresponse() as response:  # closes the socket too
            return Response(response.status, json.loads(response.read()))
    finally:
        connection.close()


def make_upload_call(caller: Caller, product: Product, alt: str) -> Callable[[], Response]:
    """Return a call that uploads an image, which gets a thumbnail."""
    body = make_multipart_body(("image", make_image("JPEG", (600, 400)), "lamp.jpg"), ("alt", alt, None))
    return partial(send_body, caller, "POST", f"/api/products/{product.pk}/images/", body)


@pytest.fixture
def caller(live_server: LiveServer) -> Caller:
    """Return a caller with the rights of staff."""
    return Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(make_user(is_staff=True, is_superuser=True))}"})


def test_ten_uploads_at_once_are_ten_pictures_in_a_row(caller: Caller) -> None:
    lamp = make_product()

    responses = at_once([make_upload_call(caller, lamp, str(number)) for number in range(10)])

    assert count_statuses(responses) == {201: 10}
    assert [position for _, position in get_positions(lamp)] == list(range(10))
    assert {alt for alt, _ in get_positions(lamp)} == {str(number) for number in range(10)}
    assert list_stored_files() == list_referenced_files()
    assert len(list_referenced_files()) == 20


def test_of_twenty_five_uploads_at_once_twenty_are_taken_and_no_file_is_left_of_the_others(caller: Caller) -> None:
    lamp = make_product()

    responses = at_once([make_upload_call(caller, lamp, str(number)) for number in range(25)])

    assert count_statuses(responses) == {201: 20, 409: 5}
    assert {response.body["code"] for response in responses if response.status == 409} == {"too_many_pictures"}
    assert [position for _, position in get_positions(lamp)] == list(range(20))
    assert {alt for alt, _ in get_positions(lamp)} == {
        str(number) for number, response in enumerate(responses) if response.status == 201
    }
    assert list_stored_files() == list_referenced_files()


def test_pictures_that_are_added_moved_and_taken_off_at_once_stand_in_a_row(caller: Caller) -> None:
    lamp = make_product()
    for number in range(6):
        assert make_upload_call(caller, lamp, f"old {number}")().status == 201
    image_ids = list(ProductImage.objects.order_by("position").values_list("pk", flat=True))
    change = json.dumps({"primary": True}).encode()
    calls = [make_upload_call(caller, lamp, f"new {number}") for number in range(4)]
    addresses = [f"/api/products/{lamp.pk}/images/{pk}/" for pk in image_ids]
    calls += [partial(send_body, caller, "DELETE", address) for address in addresses[:3]]
    calls += [partial(send_body, caller, "PATCH", address, change, "application/json") for address in addresses[3:]]

    responses = at_once(calls)

    assert count_statuses(responses) == {200: 6, 201: 4}
    assert [position for _, position in get_positions(lamp)] == list(range(7))
    assert {alt for alt, _ in get_positions(lamp)} == {f"old {number}" for number in (3, 4, 5)} | {
        f"new {number}" for number in range(4)
    }


def test_a_picture_is_taken_off_once(caller: Caller) -> None:
    lamp = make_product()
    make_upload_call(caller, lamp, "old")()
    address = f"/api/products/{lamp.pk}/images/{ProductImage.objects.get().pk}/"

    responses = at_once([partial(send_body, caller, "DELETE", address)] * 8)

    assert count_statuses(responses) == {200: 1, 404: 7}
    assert get_positions(lamp) == []
