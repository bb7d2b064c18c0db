"""Staff find orders and users by their phone, however either of them wrote it"""

import pytest
from django.contrib.admin.views.main import ChangeList
from django.test import Client

from accounts.models import User
from carts.tests.factories import add_to_cart
from orders.models import Order
from orders.tests.factories import ADDRESS, customer, placed
from products.tests.factories import make_product
from tests.admin.staff_clients import make_superuser_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
WRITINGS = [
    *("+919876543210", "98765 43210", "+91-98765-43210", "tel:+91 98765 43210"),
    *("\u202a+91 98765\u201143210\u202c", "+\u0669\u0661 98765 43210"),
]


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def search(client: Client, page: str, text: str) -> list[str]:
    """Return what a list of the admin finds, sorted."""
    changes: ChangeList = client.get(f"/admin/{page}/", {"q": text}).context["cl"]
    return sorted(map(str, changes.result_list))


@pytest.mark.parametrize(
    "written", ["+91 98765 43210", "\uff0b\uff19\uff11 98765 43210", "98765-43210 / 43211", "tel:+919876543210;ext=5"]
)
def test_an_order_is_found(staff_client: Client, written: str) -> None:
    client = customer()
    for phone in (written, "+91 98765 43219"):
        add_to_cart(client, make_product())
        placed(client, address={**ADDRESS, "phone": phone})

    found = [search(staff_client, "orders/order", text) for text in WRITINGS]

    assert found == [[Order.objects.earliest("pk").number]] * len(WRITINGS)


def test_a_user_is_found(staff_client: Client) -> None:
    for phone in ("+919876543210", "+919876543219"):
        User.objects.create_user(phone=phone)

    assert [search(staff_client, "accounts/customer", text) for text in WRITINGS] == [["+919876543210"]] * len(WRITINGS)


def test_other_searches_find_what_they_found(staff_client: Client) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP"))
    number = placed(client)["number"]

    found = [search(staff_client, "orders/order", text) for text in (number, "lamp", "lovelace", "98765", "+91 1234", "1/" * 2000)]

    assert found == [[number]] * 4 + [[]] * 2
