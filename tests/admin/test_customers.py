"""/admin/accounts/customer/: who customers are, what they have ordered, and what staff do about them"""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.exceptions import AccountGone
from accounts.models import AccountNote, AuthEvent, AuthSession, User
from accounts.tests.factories import get_me, make_user, sign_in
from accounts.tests.mails import send_pending_emails
from carts.tests.factories import add_to_cart
from orders.fulfilment import shipping
from orders.models import Address, BlockedContact, Order
from orders.tests.factories import ADDRESS, create
from products.tests.factories import make_product
from tests.admin.order_pages import copy_orders, make_cash_order, read
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.admin.test_order_rights import STAFF
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
CUSTOMERS = "/admin/accounts/customer/"
ACTIONS = ("note", "reset", "sign_out", "ban", "close", "end_session")


def read_rows(client: Client, query: str = "", url: str = CUSTOMERS) -> list[list[str]]:
    """Return the texts of the cells of each row of the list, without the boxes."""
    table = read(client.get(f"{url}{query}")).partition('id="result_list"')[2]
    rows = [re.findall(r'<t[dh][^>]*class="[^"]*field-[^"]*"[^>]*>(.*?)</t[dh]>', row, re.DOTALL) for row in table.split("<tr")]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in rows if row]


def read_list(client: Client, query: str = "") -> str:
    """Return the page of the list."""
    return read(client.get(f"{CUSTOMERS}{query}"))


def read_page(client: Client, user: User) -> str:
    """Return the page of a customer, with its white space folded."""
    return " ".join(read(client.get(f"{CUSTOMERS}{user.pk}/change/")).split())


def run_action(client: Client, user: User, action: str, **fields: Any) -> str:
    """Submit the form of an action on a customer; return the page after it."""
    return read(client.post(f"{CUSTOMERS}{user.pk}/action/{action}/", fields, follow=True))


def order_as_guest(**fields: Any) -> Any:
    """Order a lamp without an account; return the response."""
    client = SchemaClient()
    add_to_cart(client, make_product(stock=5))
    return create(client, name="Ada", **{"address": {**ADDRESS, "phone": ""}, "phone": "+91 98765 43288", **fields})


def make_delivered_order() -> User:
    """Place an order of 60 rupees with an account, deliver it, and refund a third; return the account."""
    order = make_cash_order()
    shipping.ship_order(STAFF, order.pk)
    shipping.deliver_order(STAFF, order.pk)
    order.payments.update(refunded_minor=2000)
    return User.objects.get(email="ada@example.com")


def test_the_list_shows_what_each_customer_has_ordered_and_spent() -> None:
    client = make_superuser_client()
    ada = make_delivered_order()
    User.objects.filter(pk=ada.pk).update(first_name="Ada", last_name="Lovelace", phone="+13128059851")
    copy_orders(Order.objects.get(), 1, currency="USD", status="cancelled")
    Order.objects.latest("pk").payments.update(currency="USD", captured_minor=250, refunded_minor=0)
    make_user("eve@example.com", is_active=False)

    page = read_list(client)
    rows = {row[0]: row[1:6] for row in read_rows(client)}

    day = f"{Order.objects.earliest('pk').placed_at:%d %b %Y}"
    assert rows["Ada Lovelace"] == ["ada@example.com +13128059851", "2", "₹40.00, $2.50", day, "active"]
    assert rows["eve@example.com"] == ["eve@example.com", "0", "–", "–", "banned"]
    assert "staff@example.com</" not in page


def test_a_customer_is_found_by_name_address_and_phone() -> None:
    client = make_superuser_client()
    make_user(first_name="Ada", last_name="Lovelace", phone="+13128059851")
    make_user("eve@example.com")

    for text in ("ada lovelace", "ADA@", "(312) 805-9851", "+1 312 805 9851"):
        assert [row[0] for row in read_rows(client, f"?q={text}".replace("+", "%2B"))] == ["Ada Lovelace"]


@pytest.mark.parametrize("page", ["", "{}/change/"])
def test_many_customers_and_orders_cost_no_more_statements(page: str) -> None:
    client = make_superuser_client()
    ada, order = make_delivered_order(), Order.objects.get()
    url = f"{CUSTOMERS}{page.format(ada.pk)}"
    costs = []
    for count in (1, 25):
        copy_orders(order, count, number_prefix=f"{count}-")
        users = [make_user(f"{count}-{number}@example.com") for number in range(count)]
        Order.objects.filter(pk=Order.objects.latest("pk").pk).update(user=users[0])
        AccountNote.objects.bulk_create(AccountNote(user=ada, text="a note") for _ in range(count))
        sign_in()
        client.get(url)
        with CaptureQueriesContext(connection) as statements:
            assert client.get(url).status_code == 200
        costs.append(len(statements))

    assert costs[0] == costs[1]
    assert costs[1] <= 23


def test_the_page_shows_a_customer_and_none_of_their_rights() -> None:
    client = make_superuser_client()
    ada = make_delivered_order()
    Address.objects.create(user=ada, full_name="Ada Lovelace", line1="12 Hill Road", city="Mumbai")
    sign_in()
    order_as_guest(email="ada@example.com")

    page = read_page(client, ada)

    shown = ("ada@example.com (not confirmed)", "₹40.00", Order.objects.earliest("pk").number, "12 Hill Road, Mumbai", "Login")
    assert [text for text in (*shown, "Orders as a guest") if text not in page] == []
    assert not re.search(r'name="(is_staff|is_superuser|is_seller|groups|user_permissions|email|password)"', page)


def test_staff_who_may_not_view_orders_see_no_sums() -> None:
    ada = make_delivered_order()
    client = make_staff_client("view_customer")

    pages = read_list(client) + read_page(client, ada)

    assert "ada@example.com" in pages
    hidden = ("₹40.00", "Newest orders", ">Addresses<", ">Account events<", ">Signed in at<")
    assert [text for text in hidden if text in pages] == []


def test_a_ban_keeps_its_reason_with_who_and_when_and_is_lifted() -> None:
    client, ada = make_superuser_client(), make_user()
    token, _ = sign_in()

    assert "This field is required" in run_action(client, ada, "ban", reason=" ")
    page = run_action(client, ada, "ban", reason="Five parcels were never accepted")

    note = AccountNote.objects.get()
    assert "The account is banned and signed out everywhere." in page
    assert (
        f"This account has been banned since {note.created_at:%d %b %Y, %H:%M}, by staff@example.com: Five parcels were never"
        in page
    )
    assert get_me(token).status_code == 401
    assert "The ban is lifted. The customer can sign in again." in run_action(client, ada, "lift")
    assert get_me(sign_in()[0]).status_code == 200
    assert [(row.kind, row.author and row.author.email) for row in ada.staff_notes.all()] == [
        ("unban", "staff@example.com"),
        ("ban", "staff@example.com"),
    ]


def test_a_banned_customer_cannot_go_on_as_a_guest_if_staff_tick_their_contacts() -> None:
    client, ada = make_superuser_client(), make_delivered_order()
    contacts = ["ada@example.com", "+919876543210"]

    run_action(client, ada, "ban", reason="fraud", contacts=contacts)
    refused = [order_as_guest(email="ADA@example.com"), order_as_guest(email="b@example.com", phone="098765 43210")]
    page = read_page(client, ada)
    run_action(client, ada, "lift", contacts=contacts[:1])

    assert [(row.status_code, row.json()["code"]) for row in refused] == [(403, "ordering_blocked")] * 2
    assert "The shop has taken no orders from +919876543210 since" in page
    assert list(BlockedContact.objects.values_list("value", flat=True)) == contacts[1:]
    assert order_as_guest(email="ada@example.com").status_code == 201


def test_a_banned_customer_goes_on_as_a_guest_if_nobody_ticks_anything() -> None:
    client, ada = make_superuser_client(), make_user()

    run_action(client, ada, "ban", reason="spam")

    assert order_as_guest(email="ada@example.com").status_code == 201


def test_a_second_click_adds_no_second_note() -> None:
    client, ada = make_superuser_client(), make_user()
    form = {"text": "Calls on Mondays", "page": "0b6f4d53-8c4d-4d5e-9a6f-5f6d7c8b9a00"}

    for _ in range(2):
        page = run_action(client, ada, "note", **form)

    assert "Calls on Mondays" in page
    assert [(note.text, note.author and note.author.email) for note in ada.staff_notes.all()] == [
        ("Calls on Mondays", "staff@example.com")
    ]


def test_no_note_is_added_to_an_account_that_was_closed_meanwhile() -> None:
    ada = make_user()
    User.objects.filter(pk=ada.pk).delete()

    with pytest.raises(AccountGone):
        services.add_note(ada, "Calls on Mondays", None)

    assert not AccountNote.objects.exists()


def test_one_session_or_all_of_them_are_ended() -> None:
    client, ada = make_staff_client("change_customer", "view_authsession"), make_user()
    first, second, third = (sign_in()[0] for _ in range(3))
    oldest = AuthSession.objects.earliest("created_at")

    assert f"end_session/?sid={oldest.pk}" in read_page(client, ada)
    run_action(client, ada, "end_session", sid=oldest.pk)
    assert [get_me(token).status_code for token in (first, second, third)] == [401, 200, 200]
    assert "This session has ended already" in run_action(client, ada, "end_session", sid=oldest.pk)
    assert "2 session(s) ended." in run_action(client, ada, "sign_out")

    assert [get_me(token).status_code for token in (second, third)] == [401, 401]
    assert set(AuthSession.objects.values_list("revoke_reason", flat=True)) == {"admin"}
    assert AuthEvent.objects.get(event="session_ended").detail == {"by": User.objects.get(email="clerk@example.com").pk}


def test_a_reset_mail_is_sent_unless_the_account_is_banned() -> None:
    client, ada = make_staff_client("change_customer"), make_user()
    eve = make_user("eve@example.com", is_active=False)

    assert "The e-mail is on its way to ada@example.com." in run_action(client, ada, "reset")
    assert "Send a password reset e-mail: this is not possible now." in run_action(client, eve, "reset")
    assert [mail.to for mail in send_pending_emails()] == [["ada@example.com"]]


def test_an_account_is_closed_at_the_request_of_its_user() -> None:
    ada = make_delivered_order()
    seller = make_user("seller@example.com", is_seller=True)
    client = make_staff_client("view_customer", "delete_customer")

    assert "This field is required" in run_action(client, ada, "close")
    assert User.objects.filter(pk=ada.pk).exists()
    page = run_action(client, ada, "close", confirmed="on")
    refused = run_action(client, seller, "close", confirmed="on")

    assert "The account is closed." in page
    assert not User.objects.filter(pk=ada.pk).exists()
    order = Order.objects.get()
    assert (order.user, order.name, order.email, order.address) == (None, "", "", {})
    assert AuthEvent.objects.get(event="erased").detail == {"by": User.objects.get(email="clerk@example.com").pk}
    assert "Close the account: this is not possible now." in refused
    assert User.objects.filter(pk=seller.pk).exists()


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [
        (("view_customer",), ()),
        (("change_customer",), ACTIONS[:4] + ACTIONS[5:]),
        (("view_customer", "delete_customer"), ("close",)),
    ],
)
def test_an_action_needs_its_permission(rights: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    ada = make_user()
    client = make_staff_client(*rights)

    page = read_page(client, ada)

    assert [name for name in ACTIONS if client.get(f"{CUSTOMERS}{ada.pk}/action/{name}/").status_code == 200] == list(allowed)
    assert [name for name in ACTIONS[:5] if f"action/{name}/" in page] == [name for name in allowed if name != "end_session"]
    if "ban" not in allowed:
        assert client.post(f"{CUSTOMERS}{ada.pk}/action/ban/", {"reason": "x"}).status_code == 403
        assert User.objects.get(pk=ada.pk).is_active


def test_who_may_not_block_contacts_bans_without_them() -> None:
    ada = make_user()
    client = make_staff_client("change_customer")

    assert "contacts" not in read(client.get(f"{CUSTOMERS}{ada.pk}/action/ban/"))
    run_action(client, ada, "ban", reason="spam", contacts=["ada@example.com"])

    assert not User.objects.get(pk=ada.pk).is_active
    assert not BlockedContact.objects.exists()


def test_several_customers_are_banned_with_one_reason() -> None:
    client = make_superuser_client()
    users = [make_user(f"robot{number}@example.com") for number in range(3)]
    form = client.post(CUSTOMERS, {"action": "ban_selected", "_selected_action": [user.pk for user in users]}, follow=True)

    page = read(client.post(form.redirect_chain[-1][0], {"reason": "robots", "block_contacts": "on"}, follow=True))

    assert "3 account(s) banned." in page
    assert set(AccountNote.objects.values_list("text", flat=True)) == {"robots"}
    assert BlockedContact.objects.filter(kind="email", reason="robots").count() == 3


def test_staff_have_no_page_among_customers() -> None:
    client = make_superuser_client()
    clerk = make_user("clerk@example.com", is_staff=True)

    assert client.get(f"{CUSTOMERS}{clerk.pk}/action/ban/").status_code == 404
    assert client.get(f"{CUSTOMERS}{clerk.pk}/change/").status_code == 302
    staff = read(client.get("/admin/accounts/user/"))
    assert "clerk@example.com" in staff
    make_user()
    assert "ada@example.com" not in read(client.get("/admin/accounts/user/"))
