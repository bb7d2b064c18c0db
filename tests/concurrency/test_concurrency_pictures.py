"""L2 for pictures: uploads at once to one product all count, and no more than twenty, over HTTP, with real threads."""

import http.client
import json
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import access_token, make_user
from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.crowd import PATIENCE, Answer, Caller, at_once, statuses
from tests.pictures import MULTIPART, form, order_of, picture, shown, stored


def sent(caller: Caller, method: str, path: str, body: bytes = b"", kind: str = MULTIPART) -> Answer:
    """Send a body and return the answer."""
    connection = http.client.HTTPConnection(urlsplit(caller.url).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {**caller.headers, "Content-Type": kind})
        with connection.getresponse() as response:  # which holds the socket too
            return Answer(response.status, json.loads(response.read()))
    finally:
        connection.close()


def uploading(caller: Caller, product: Product, alt: str) -> Callable[[], Answer]:
    """Return the call that adds a picture with its copy for lists."""
    body = form(("image", picture("JPEG", (600, 400)), "lamp.jpg"), ("alt", alt, None))
    return partial(sent, caller, "POST", f"/api/products/{product.pk}/images/", body)


@pytest.fixture
def caller(live_server: LiveServer) -> Caller:
    """Return staff who call the server."""
    return Caller(live_server.url, {"Authorization": f"Bearer {access_token(make_user(is_staff=True))}"})


def test_ten_uploads_at_once_are_ten_pictures_in_a_row(caller: Caller) -> None:
    lamp = make_product()

    answers = at_once([uploading(caller, lamp, str(number)) for number in range(10)])

    assert statuses(answers) == {201: 10}
    assert [position for _, position in order_of(lamp)] == list(range(10))
    assert {alt for alt, _ in order_of(lamp)} == {str(number) for number in range(10)}
    assert stored() == shown()
    assert len(shown()) == 20


def test_of_twenty_five_uploads_at_once_twenty_are_taken_and_no_file_is_left_of_the_others(caller: Caller) -> None:
    lamp = make_product()

    answers = at_once([uploading(caller, lamp, str(number)) for number in range(25)])

    assert statuses(answers) == {201: 20, 409: 5}
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {"too_many_pictures"}
    assert [position for _, position in order_of(lamp)] == list(range(20))
    assert {alt for alt, _ in order_of(lamp)} == {str(number) for number, answer in enumerate(answers) if answer.status == 201}
    assert stored() == shown()


def test_pictures_that_are_added_moved_and_taken_off_at_once_stand_in_a_row(caller: Caller) -> None:
    lamp = make_product()
    for number in range(6):
        assert uploading(caller, lamp, f"old {number}")().status == 201
    held = list(ProductImage.objects.order_by("position").values_list("pk", flat=True))
    change = json.dumps({"primary": True}).encode()
    calls = [uploading(caller, lamp, f"new {number}") for number in range(4)]
    addresses = [f"/api/products/{lamp.pk}/images/{pk}/" for pk in held]
    calls += [partial(sent, caller, "DELETE", address) for address in addresses[:3]]
    calls += [partial(sent, caller, "PATCH", address, change, "application/json") for address in addresses[3:]]

    answers = at_once(calls)

    assert statuses(answers) == {200: 6, 201: 4}
    assert [position for _, position in order_of(lamp)] == list(range(7))
    assert {alt for alt, _ in order_of(lamp)} == {f"old {number}" for number in (3, 4, 5)} | {
        f"new {number}" for number in range(4)
    }


def test_a_picture_is_taken_off_once(caller: Caller) -> None:
    lamp = make_product()
    uploading(caller, lamp, "old")()
    address = f"/api/products/{lamp.pk}/images/{ProductImage.objects.get().pk}/"

    answers = at_once([partial(sent, caller, "DELETE", address)] * 8)

    assert statuses(answers) == {200: 1, 404: 7}
    assert order_of(lamp) == []
