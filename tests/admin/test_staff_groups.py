"""manage.py create_staff_groups: the staff groups of a new shop, and every page of the admin for their members"""

import csv
import re
from collections import deque
from html import unescape
from io import StringIO
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user, sign_in
from carts.models import WishlistItem
from carts.tests.factories import add_to_cart
from core.models import Job
from orders.admin.order_actions import ACTIONS
from orders.models import Address, Order, Redemption, Refund, StripeEvent
from orders.tests.factories import ADDRESS, customer, database_rows, placed
from pricing.tests.factories import make_promotion
from pricing.tests.sales.planned_sales import HOUR, plan_sale
from products.tests.factories import add_picture, make_category, make_product
from store import staff_groups
from tests.admin.order_pages import ORDERS, read
from tests.admin.staff_clients import make_superuser_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
PACKING_ACTIONS = ["ship", "pack", "note", "message", "resend"]
WAYS = {  # address below a model's list, what shows that it may be used, and its name here
    "": ("", "view"),
    "add/": ('name="_save"', "add"),
    "{pk}/change/": ('name="_save"', "change"),
    "{pk}/delete/": ("", "delete"),
}
CATALOG_PAGES = {
    "products.product": "view add change",
    "products.category": "view add change delete",
    "products.importrun": "view",
    "products.stockofvariant": "view change",
    "products.stockmovement": "view",
    "products.pricechange": "view",
    "products.bulkpricechange": "view",
    "pricing.sale": "view add change",
    "products.delivery": "view",
    "pricing.promotion": "view",
}


@pytest.fixture(autouse=True)
def _groups() -> None:
    call_command("create_staff_groups", verbosity=0)


def make_member(group: str) -> Client:
    """Return the client of a new member of staff whose only permissions are those of a group."""
    user = make_user("member@example.com", is_staff=True)
    user.groups.set([Group.objects.get(name=group)])
    client = Client()
    client.force_login(user)
    return client


def fill_shop() -> Order:
    """Return an order of a signed-in customer, in a shop with rows on every page of the admin."""
    lamp = make_product("Lamp", sku="LAMP", stock=5, prices={"us": "2.00"}, category=make_category())
    add_picture(lamp)
    client = customer()
    sign_in()
    ada = User.objects.get(email="ada@example.com")
    WishlistItem.objects.create(user=ada, product=lamp)
    Address.objects.create(user=ada, **ADDRESS)
    add_to_cart(client, lamp, 2)
    order = Order.objects.get(number=placed(client)["number"])
    Order.objects.update(attention="late_payment")
    order.refresh_from_db()
    promotion = make_promotion(code="SUMMER")
    Redemption.objects.create(promotion=promotion, code=promotion.codes.get(), order=order, state="used")
    Job.objects.create(kind="order_mail", failed_at="2026-03-10T12:00Z", last_error="nobody answers")
    Refund.objects.create(payment=order.payments.get(), amount=5, amount_minor=500, state="failed", source="staff", created_by=ada)
    StripeEvent.objects.create(event_id="e", type="x", created="2026-03-10T12:00Z", payload="{}", status="failed")
    plan_sale(starts_in=HOUR)
    return order


def list_permissions(group: str) -> set[str]:
    """Return the permissions of a group as app and codename."""
    rows = Group.objects.get(name=group).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def find_ways(client: Client) -> dict[str, str]:
    """Return what a member of staff may do on the pages of each model."""
    ways: dict[str, list[str]] = {}
    for model in admin.site._registry:
        opts, row = model._meta, model._default_manager.first()
        base = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        for address, (mark, way) in WAYS.items():
            response: Any = client.get(base + address.format(pk=row.pk if row else 0))
            if response.status_code == 200 and mark in response.content.decode():
                ways.setdefault(opts.label_lower, []).append(way)
    return {label: " ".join(names) for label, names in ways.items()}


def crawl(client: Client) -> tuple[set[str], list[str]]:
    """Follow every link from the home page. Return the addresses found, and those that failed with the page that links them.

    Of the addresses that differ only in ids or in their query, one is opened without a query and one with it.
    """
    seen, failed = set[str](), list[str]()
    waiting = deque([("", "/admin/")])
    while waiting:
        page, link = waiting.popleft()
        path, _, query = link.partition("?")
        name = re.sub(r"\d+", "#", path) + ("?" if query else "")
        if name in seen or path == "/admin/logout/":
            continue
        seen.add(name)
        response: Any = client.get(link)
        if response.status_code not in (200, 302):
            failed.append(f"{link} of {page}: {response.status_code}")
        if response.status_code == 200 and not response.streaming and response["Content-Type"].startswith("text/html"):
            targets = re.findall(r'href="(/admin/[^"#]*|\?[^"#]+)', response.content.decode())
            waiting.extend((link, urljoin(path, unescape(target))) for target in targets)
    return seen, failed


def list_bulk_actions(client: Client) -> dict[str, list[str]]:
    """Return the actions that each list offers."""
    actions: dict[str, list[str]] = {}
    for model in admin.site._registry:
        opts = model._meta
        response: Any = client.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
        form = response.context.get("action_form") if response.status_code == 200 and response.context else None
        if form is not None:
            actions[opts.label_lower] = [name for name, _ in form.fields["action"].choices if name]
    return actions


def test_groups_are_made_once_and_what_a_merchant_changed_is_kept() -> None:
    packers = Group.objects.get(name="Packers")
    packers.permissions.set([Permission.objects.get(codename="view_category")])
    Group.objects.get(name="Catalog").delete()
    said = StringIO()

    call_command("create_staff_groups", stdout=said)

    assert said.getvalue() == "Created: Catalog.\n"
    assert list_permissions("Packers") == {"products.view_category"}
    assert list_permissions("Catalog") == set(staff_groups.PERMISSIONS["Catalog"])
    call_command("create_staff_groups", reset="Packers")
    assert list_permissions("Packers") == {"orders.view_order", "orders.ship_order"}
    assert Group.objects.count() == 3


@pytest.mark.parametrize("options", [{}, {"reset": "Packers"}])
def test_an_unknown_permission_is_named_and_no_group_changes(monkeypatch: pytest.MonkeyPatch, options: dict[str, str]) -> None:
    Group.objects.get(name="Managers").delete()
    table = {**staff_groups.PERMISSIONS, "Packers": ("orders.view_order", "orders.fly_order", "shop.view_order")}
    monkeypatch.setattr(staff_groups, "PERMISSIONS", table)

    with pytest.raises(CommandError, match=r"Unknown permissions: orders\.fly_order, shop\.view_order\."):
        call_command("create_staff_groups", **options)

    assert set(Group.objects.values_list("name", flat=True)) == {"Packers", "Catalog"}
    assert list_permissions("Packers") == {"orders.view_order", "orders.ship_order"}


@pytest.mark.once
@pytest.mark.parametrize("group", ["Packers", "Catalog", "Managers"])
def test_no_link_leads_a_member_to_a_refusal(group: str) -> None:
    fill_shop()

    seen, failed = crawl(make_member(group))

    assert failed == []
    assert len(seen) > 10


@pytest.mark.once
@pytest.mark.parametrize(
    ("group", "pages"), [("Packers", {"orders.order": "view", "orders.shipment": "view"}), ("Catalog", CATALOG_PAGES)]
)
def test_members_open_the_pages_of_their_work_and_no_others(group: str, pages: dict[str, str]) -> None:
    fill_shop()
    client = make_member(group)

    ways = find_ways(client)

    assert ways == pages
    sidebar: Any = client.get("/admin/").context["sidebar_navigation"]
    links = [item["link"] for part in sidebar for item in part["items"]]
    assert sorted(links) == sorted(["/admin/", *(f"/admin/{label.replace('.', '/')}/" for label in pages)])


@pytest.mark.once
def test_managers_do_everything_but_give_rights() -> None:
    fill_shop()
    superuser, manager = make_superuser_client(), make_member("Managers")

    everything, ways = find_ways(superuser), find_ways(manager)

    assert everything.pop("auth.group") == "view add change delete"
    assert ways == everything
    actions = list_bulk_actions(superuser)
    del actions["auth.group"]
    assert list_bulk_actions(manager) == actions
    assert 'name="is_staff"' not in read(manager.get(f"/admin/accounts/user/{User.objects.first().pk}/change/"))  # type: ignore[union-attr]


def test_packers_ship_and_write_but_neither_refund_nor_cancel_nor_correct() -> None:
    order, client = fill_shop(), make_member("Packers")
    before = database_rows()

    page = read(client.get(f"{ORDERS}{order.pk}/change/"))
    refused = [name for name in ACTIONS if name not in (*PACKING_ACTIONS, "phone", "deliver")]
    answers = [client.post(f"{ORDERS}{order.pk}/action/{name}/", {"reason": "x"}).status_code for name in refused]

    assert re.findall(rf"{ORDERS}{order.pk}/action/(\w+)/", page) == PACKING_ACTIONS
    assert (answers, database_rows()) == ([403] * 7, before)
    client.post(f"{ORDERS}{order.pk}/action/ship/")
    client.post(f"{ORDERS}{order.pk}/action/deliver/")
    order.refresh_from_db()
    assert order.status == "delivered"


def test_the_home_page_of_packers_shows_the_work_that_they_may_do() -> None:
    fill_shop()

    page: Any = make_member("Packers").get("/admin/")

    titles = [tile.title for tile in page.context["tiles"]]
    assert titles == ["To pack", "On the way", "Failed deliveries", "Coming back", "Cash to collect", "Awaiting payment"]
    assert (page.context["attention"], "Sales" in read(page)) == ([], False)


@pytest.mark.parametrize(("group", "ends"), [("Packers", ["cash_collected", "cash_short"]), ("Managers", ["state", "country"])])
def test_the_file_of_orders_holds_contact_data_for_those_who_need_it(group: str, ends: list[str]) -> None:
    order = fill_shop()

    response: Any = make_member(group).post(ORDERS, {"action": "as_csv", "_selected_action": [order.pk]})

    header, row = csv.reader(b"".join(response.streaming_content).decode("utf-8-sig").splitlines())
    assert header[-2:] == ends
    assert (order.name in row, order.email in row) == (("name" in header, "email" in header))


def test_a_relation_is_a_link_only_for_those_who_may_open_it() -> None:
    order = fill_shop()
    packer, owner = make_member("Packers"), make_superuser_client()

    pages = [read(client.get(f"{ORDERS}{order.pk}/change/")) for client in (packer, owner)]

    assert [f'href="/admin/carts/cart/{order.cart_id}/change/"' in page for page in pages] == [False, True]
    assert [page.count(str(order.cart)) > 0 for page in pages] == [True, True]


def test_a_seller_is_chosen_only_by_those_who_may_search_users() -> None:
    order = fill_shop()
    product = order.items.get().product
    assert product is not None
    client = make_member("Catalog")

    page = read(client.get(f"/admin/products/product/{product.pk}/change/"))

    assert ('name="category"' in page, 'name="seller"' in page) == (True, False)


def test_staff_without_an_email_address_use_the_admin() -> None:
    client = Client()
    client.force_login(User.objects.create_user(phone="+13128059851", is_staff=True, is_superuser=True))

    page = read(client.get("/admin/"))

    assert "+13128059851" in page
    assert "None" not in page
