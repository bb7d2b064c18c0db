"""POST /api/orders/create/: the shop takes no orders from blocked e-mail addresses and phone numbers"""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from carts.tests.factories import add_to_cart, signed_in_client
from core.actors import Actor
from orders import blocked_contacts
from orders.models import BlockedContact, Order
from orders.tests.factories import ADDRESS, create, customer, database_rows, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
STAFF = Actor(kind="staff")
NO_PHONE = {**ADDRESS, "phone": ""}  # of the recipient
OTHER_PHONE = "+91 98765 43288"
REFUSAL = {
    "success": False,
    "status": 403,
    "message": "We cannot take this order. Please contact the shop.",
    "code": "ordering_blocked",
    "errors": {},
}


def block(*contacts: str) -> None:
    """Block these contacts, in any writing."""
    blocked_contacts.block_contacts(STAFF, [blocked_contacts.normalize_contact(contact) for contact in contacts], "fraud")


def fill_cart(client: SchemaClient) -> SchemaClient:
    """Put a lamp into the client's cart."""
    add_to_cart(client, make_product(stock=5))
    return client


@pytest.mark.parametrize(
    ("contact", "fields"),
    [
        ("Eve@Example.com", {"email": "EVE@example.COM"}),
        ("98765 43210", {"phone": "+91-98765-43210"}),
        ("98765 43210", {"phone": "98765,43210"}),
        ("98765 43210", {"phone": "+91:98765:43210"}),
        ("98765 43210", {"phone": "+91 98765 43288 / 98765 43210"}),  # the second of two
        ("98765 43210", {"phone": "98765 43210", "address": {**NO_PHONE, "country": "DE", "postal_code": "10115"}}),  # not German
        ("+919876543210", {"phone": "+91 98765 43299", "address": ADDRESS}),  # the recipient's
        ("+919876543210", {"phone": "+91 98765 43299", "address": {**ADDRESS, "phone": "98765'43210"}}),
    ],
)
def test_a_guest_with_a_blocked_contact_is_refused_and_nothing_changes(contact: str, fields: dict[str, Any]) -> None:
    client = fill_cart(SchemaClient())
    block(contact)
    before = database_rows()

    response = create(client, name="Eve", **{"address": NO_PHONE, "phone": OTHER_PHONE, **fields})

    assert response.status_code == 403
    assert response.json().items() >= REFUSAL.items()
    assert database_rows() == before


@pytest.mark.parametrize("contact", ["ada@example.com", "+13128059851"])
def test_an_account_with_a_blocked_contact_is_refused_whatever_it_names(contact: str) -> None:
    ada = make_user(phone="+13128059851")
    client = fill_cart(signed_in_client(ada))
    block(contact)

    response = create(client, email="another@example.com", phone="+91 98765 43299", address=NO_PHONE)

    assert (response.status_code, response.json()["code"]) == (403, "ordering_blocked")
    assert not Order.objects.exists()


def test_others_order_and_so_does_who_is_unblocked() -> None:
    block("eve@example.com", "+91 98765 43299")
    placed(fill_cart(customer()))
    eve = fill_cart(SchemaClient())
    assert create(eve, name="Eve", email="eve@example.com").status_code == 403

    blocked_contacts.unblock_contacts(["eve@example.com"])

    assert create(eve, name="Eve", email="eve@example.com").status_code == 201


def test_an_order_from_before_the_block_is_still_the_answer_to_its_key() -> None:
    client = fill_cart(customer())
    number = create(client, "k-1").json()["data"]["number"]
    block("ada@example.com")

    response = create(client, "k-1")

    assert (response.status_code, response.json()["data"]["number"]) == (200, number)


def test_a_closed_account_leaves_a_hash_that_is_refused_as_before() -> None:
    client = customer()
    placed(fill_cart(client), phone="+91 98765 43299", address=NO_PHONE)
    blocked_contacts.block_contacts(STAFF, ["ada@example.com", "+919876543299", "eve@example.com"], "never at home")

    assert client.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200

    rows = list(BlockedContact.objects.order_by("pk"))
    described = [(row.kind, row.reason, row.erased_at is not None) for row in rows]
    assert described == [("phone", "", True), ("email", "", True), ("email", "never at home", False)]
    assert [row.value for row in rows if "ada" in row.value or "98765" in row.value] == []
    assert not User.objects.exists()
    guest = fill_cart(SchemaClient())
    assert create(guest, name="Ada", email="ada@example.com", phone=OTHER_PHONE, address=NO_PHONE).status_code == 403
    assert create(guest, name="Ada", email="", phone="98765-43299", address=NO_PHONE).status_code == 403
    blocked_contacts.unblock_contacts(["ada@example.com"])
    assert create(guest, name="Ada", email="ada@example.com", phone=OTHER_PHONE, address=NO_PHONE).status_code == 201
