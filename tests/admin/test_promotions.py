"""Promotions in the admin: their list, switching, copying and deleting them"""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from carts.tests.factories import add_to_cart, get_cart
from orders.models import Redemption
from orders.tests.factories import customer, placed
from pricing.models import Promotion, PromotionCode
from pricing.tests.factories import make_promotion
from products.tests.factories import make_category, make_product
from tests.admin.order_pages import read
from tests.admin.promotion_pages import CODES, PROMOTIONS, read_cart, read_rows, run_action, save, save_new
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def test_the_list_tells_and_filters_the_states(staff: Client) -> None:
    now = timezone.now()
    make_promotion("Running", code="R")
    make_promotion("Planned", code="P", starts_at=now + timedelta(days=1))
    make_promotion("Ended", code="E", ends_at=now, usage_limit=0)
    make_promotion("Used", code="U", usage_limit=2, used=2, starts_at=now + timedelta(days=1))
    make_promotion("Off", code="O", is_active=False, ends_at=now)
    states = ("running", "planned", "ended", "used_up", "off")

    lists: list[Any] = [staff.get(PROMOTIONS, {"state": state}) for state in states]

    assert [[row.name for row in page.context["cl"].result_list] for page in lists] == [
        ["Running"],
        ["Planned"],
        ["Ended"],
        ["Used"],
        ["Off"],
    ]
    cells = [
        re.findall(r'<td class="[^"]*field-state_column[^"]*"[^>]*>(.*?)</td>', page.content.decode(), re.DOTALL) for page in lists
    ]
    assert [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for (cell,) in cells] == [
        "Running",
        "Planned",
        "Ended",
        "Used up",
        "Off",
    ]
    assert "2 of 2" in read(lists[3])
    assert staff.get(PROMOTIONS, {"state": "asleep"}).status_code == 200


def test_a_promotion_is_found_by_its_name_or_the_beginning_of_a_code(staff: Client) -> None:
    make_promotion("Summer", code="SUN-1")
    make_promotion("Winter", code="ICE")

    names = [[row.name for row in staff.get(PROMOTIONS, {"q": term}).context["cl"].result_list] for term in ("summ", "sun", "ce")]

    assert names == [["Summer"], ["Summer"], []]


def test_promotions_are_switched_off_and_on_together(staff: Client) -> None:
    promotions = make_promotion(), make_promotion("Other")

    page = run_action(staff, "switch_off", *promotions)

    assert "2 promotions switched off." in read(page)
    assert read_cart()["discount_total"] == "0.00"
    assert "They were off already." in read(run_action(staff, "switch_off", *promotions))
    assert "1 promotion switched on." in read(run_action(staff, "switch_on", promotions[0]))
    assert read_cart(name="Mug")["discount_total"] == "10.00"
    assert sorted(LogEntry.objects.values_list("change_message", flat=True)) == ["Switched off.", "Switched off.", "Switched on."]


@pytest.mark.parametrize("is_bulk", [False, True])
def test_a_deleted_promotion_is_kept_for_orders_and_its_codes_are_free(staff: Client, unthrottled: None, is_bulk: bool) -> None:
    promotion = make_promotion(code="TEN")
    client, waiting = customer(), SchemaClient()
    for each in (client, waiting):
        add_to_cart(each, make_product(stock=5))
        each.post("/api/cart/codes/", {"code": "TEN"})
    order = placed(client)

    if is_bulk:
        run_action(staff, "delete_selected", promotion, post="yes")
    else:
        page = read(staff.get(f"{PROMOTIONS}{promotion.pk}/delete/"))
        assert "Orders keep what it saved. Another promotion may have its codes." in page
        staff.post(f"{PROMOTIONS}{promotion.pk}/delete/", {"post": "yes"})

    promotion.refresh_from_db()
    assert promotion.deleted_at is not None
    assert staff.get(f"{PROMOTIONS}{promotion.pk}/change/").status_code == 302
    assert (get_cart(waiting)["discount_total"], get_cart(waiting)["codes"][0]["status"]) == ("0.00", "ended")
    codes: Any = staff.get(CODES)
    assert list(codes.context["cl"].result_list) == []
    again = save_new(staff, new_codes="ten")
    assert PromotionCode.objects.get().promotion == again != promotion
    detail = client.get(f"/api/orders/{order['number']}/").json()["data"]
    assert detail["discounts"][0]["code"] == "TEN"
    assert Redemption.objects.get().promotion_id == promotion.pk


def test_a_copy_is_off_and_has_all_but_the_codes_and_the_uses(staff: Client) -> None:
    lamp, lamps = make_product("Lamp"), make_category()
    promotion = make_promotion(
        "S" * 100, code="TEN", categories=[lamps], products=[lamp], min_subtotals={"in": "5"}, usage_limit=3, used=2, combines=True
    )

    response = staff.post(f"{PROMOTIONS}{promotion.pk}/duplicate/")

    copy = Promotion.objects.exclude(pk=promotion.pk).get()
    assert response.headers["Location"] == f"{PROMOTIONS}{copy.pk}/change/"
    assert (copy.name, copy.is_active, copy.used, copy.usage_limit, copy.combines) == (f"{'S' * 93} (copy)", False, 0, 3, True)
    assert (list(copy.categories.all()), list(copy.products.all()), copy.codes.count()) == ([lamps], [lamp], 0)
    assert list(copy.amounts.values_list("market", "min_subtotal")) == [("in", Decimal(5))]


def test_a_promotion_is_copied_by_post_and_by_those_who_may_add_one() -> None:
    promotion = make_promotion()
    client = make_staff_client("view_promotion", "change_promotion")

    answers = client.post(f"{PROMOTIONS}{promotion.pk}/duplicate/"), client.get(f"{PROMOTIONS}{promotion.pk}/duplicate/")

    assert [answer.status_code for answer in answers] == [403, 405]
    assert Promotion.objects.count() == 1


def test_staff_who_only_view_promotions_see_them_as_text() -> None:
    lamp = make_product("Lamp")
    promotion = make_promotion(code="TEN", products=[lamp], payment_methods=["cod"], min_subtotals={"in": "5"})
    client = make_staff_client("view_promotion")
    before = read_rows()

    page = read(client.get(f"{PROMOTIONS}{promotion.pk}/change/"))
    refusals = save(client, promotion, name="x"), save(client), run_action(client, "switch_off", promotion)

    assert all(text in page for text in ("10 % off some items of the order from ₹5.00", "cash on delivery", "Lamp"))
    assert 'name="_save"' not in page
    assert not any(label in page for label in ("Try it", "Duplicate", "Codes to add"))
    assert [response.status_code for response in refusals] == [403, 403, 200]
    assert read_rows() == before


@pytest.mark.parametrize("codes", [1, 1_000])
def test_the_statements_of_the_list_do_not_grow_with_promotions_and_codes(staff: Client, codes: int) -> None:
    for number in range(20 if codes > 1 else 1):
        make_promotion(f"Promotion {number}", code=f"CODE-{number}", min_subtotals={"in": "5"})
    promotion = Promotion.objects.get(name="Promotion 0")
    PromotionCode.objects.bulk_create(PromotionCode(promotion=promotion, code=f"MORE-{number}") for number in range(codes - 1))

    with capture_statements() as statements:
        staff.get(PROMOTIONS)

    assert len(statements) == 6
