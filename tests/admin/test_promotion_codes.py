"""The codes of promotions, and the uses of promotions by orders, in the admin"""

from typing import Any

import pytest
from django.test import Client

from carts.tests.factories import add_code, add_to_cart, get_cart
from orders.models import Redemption
from orders.tests.factories import customer, placed
from pricing.models import Promotion, PromotionCode
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.admin.order_pages import read
from tests.admin.promotion_pages import CODES, PROMOTIONS, REDEMPTIONS, save, save_new
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def list_codes(staff: Client, **query: Any) -> list[str]:
    """Return the codes in the list, as it shows them."""
    page: Any = staff.get(CODES, query)
    assert page.status_code == 200
    return [row.code for row in page.context["cl"].result_list]


def read_file(response: Any) -> list[str]:
    """Return the lines of a download without the times."""
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    return [line.rpartition(",")[0] for line in lines]


def use_code(code: str, *, email: str = "ada@example.com") -> dict[str, Any]:
    """Place an order with a code and return it."""
    client = customer(email)
    add_to_cart(client, make_product(stock=5))
    return placed(client, codes=[code])


def test_codes_are_searched_and_filtered(staff: Client) -> None:
    summer, winter = make_promotion("Summer", code="SUN-1"), make_promotion("Winter", code="ICE-1", single_use=True)
    PromotionCode.objects.create(promotion=summer, code="SUN-2")
    use_code("ICE-1")

    assert list_codes(staff, q=" sun-") == ["SUN-2", "SUN-1"]
    assert list_codes(staff, promotion__id__exact=winter.pk) == ["ICE-1"]
    assert list_codes(staff, single_use__exact=0) == ["SUN-2", "SUN-1"]
    assert list_codes(staff, is_used__exact=1) == ["ICE-1"]


def test_the_file_holds_the_codes_of_the_list_safe_for_spreadsheets(staff: Client) -> None:
    promotion = make_promotion("=1+2", code="SUN-1")
    make_promotion("Winter", code="ICE-1", single_use=True)
    use_code("ICE-1")

    everything, found = (staff.get(f"{CODES}export/", query) for query in ({}, {"promotion__id__exact": promotion.pk}))

    assert everything["Content-Disposition"] == 'attachment; filename="codes.csv"'
    assert read_file(everything) == ["code,promotion,single_use,used", "ICE-1,Winter,yes,yes", "SUN-1,'=1+2,no,"]
    assert read_file(found) == ["code,promotion,single_use,used", "SUN-1,'=1+2,no,"]
    assert f'href="{CODES}export/?promotion__id__exact={promotion.pk}"' in read(
        staff.get(CODES, {"promotion__id__exact": promotion.pk})
    )


@pytest.mark.parametrize("query", ["promotion__id__exact=x", "nonsense=1"])
def test_a_mistyped_address_of_the_file_is_no_fault(staff: Client, query: str) -> None:
    make_promotion(code="SUN-1")

    page: Any = staff.get(f"{CODES}export/?{query}", follow=True)

    assert page.status_code == 200
    assert "SUN-1" in page.content.decode()


def test_a_promotion_that_cannot_exist_has_an_empty_file(staff: Client) -> None:
    make_promotion(code="SUN-1")

    response = staff.get(f"{CODES}export/", {"promotion__id__exact": "9" * 20})

    assert read_file(response) == ["code,promotion,single_use,used"]


def test_the_file_is_for_those_who_may_view_codes() -> None:
    make_promotion(code="SUN-1")

    assert make_staff_client("view_promotion").get(f"{CODES}export/").status_code == 403


@pytest.mark.parametrize("count", [20, 20_000])
def test_the_statements_of_list_and_file_do_not_grow_with_codes(staff: Client, count: int) -> None:
    promotion = make_promotion(code="FIRST")
    PromotionCode.objects.bulk_create(PromotionCode(promotion=promotion, code=f"C-{number}") for number in range(1, count))

    staff.get(f"/admin/pricing/promotion/{promotion.pk}/change/")  # which fills the caches of a process

    with capture_statements() as of_list:
        staff.get(CODES)
    with capture_statements() as of_page:
        staff.get(f"/admin/pricing/promotion/{promotion.pk}/change/")
    with capture_statements() as of_file:
        lines = read_file(staff.get(f"{CODES}export/"))

    assert len(lines) == count + 1
    assert (len(of_list), len(of_page), len(of_file)) == (4, 7, 4)


def test_single_use_codes_are_for_one_order_and_adding_keeps_the_others(staff: Client) -> None:
    promotion = save_new(staff, new_codes="ONE\nTWO", codes_are_single_use="on")
    use_code("ONE")

    save(staff, promotion, new_codes="one, three")

    rows = PromotionCode.objects.order_by("pk").values_list("code", "single_use", "is_used")
    assert list(rows) == [("ONE", True, True), ("TWO", True, False), ("THREE", False, False)]


def test_a_code_is_deleted_unless_an_order_has_used_it(staff: Client) -> None:
    promotion = make_promotion(code="USED")
    free = PromotionCode.objects.create(promotion=promotion, code="FREE")
    used = PromotionCode.objects.get(code="USED")
    use_code("USED")

    refused = staff.post(f"{CODES}{used.pk}/delete/", {"post": "yes"})
    staff.post(CODES, {"action": "delete_selected", "_selected_action": [used.pk, free.pk], "post": "yes"})
    assert PromotionCode.objects.count() == 2
    staff.post(CODES, {"action": "delete_selected", "_selected_action": [free.pk], "post": "yes"})

    assert "USED, which orders have used" in read(refused)
    assert list(PromotionCode.objects.values_list("code", flat=True)) == ["USED"]
    assert Promotion.objects.get().deleted_at is None


@pytest.mark.parametrize("single_use", [False, True])
def test_a_code_of_a_deleted_promotion_stays_in_carts_when_another_one_gets_it(staff: Client, single_use: bool) -> None:
    old = make_promotion("Old", code="SUN", single_use=single_use)
    if not single_use:
        use_code("SUN")
    buyer = customer("eve@example.com")
    add_to_cart(buyer, make_product(price="20.00"))
    add_code(buyer, "SUN")
    staff.post(f"{PROMOTIONS}{old.pk}/delete/", {"post": "yes"})

    save_new(staff, percent="25", new_codes="SUN")

    assert [(row["code"], row["status"]) for row in get_cart(buyer)["codes"]] == [("SUN", "applied")]
    assert placed(buyer, email="eve@example.com")["discount_total"] == "5.00"


def test_a_code_for_one_order_that_has_it_is_free_again_for_another_promotion(staff: Client) -> None:
    old = make_promotion("Old", code="ONCE", single_use=True)
    use_code("ONCE")
    staff.post(f"{PROMOTIONS}{old.pk}/delete/", {"post": "yes"})

    save_new(staff, new_codes="ONCE", codes_are_single_use="on")

    use_code("ONCE", email="eve@example.com")
    assert (PromotionCode.objects.get().is_used, Redemption.objects.count()) == (True, 2)


def test_codes_are_neither_added_nor_changed_in_their_list(staff: Client) -> None:
    make_promotion(code="SUN-1")
    code = PromotionCode.objects.get()

    answers = staff.post(f"{CODES}add/", {"code": "X"}), staff.post(f"{CODES}{code.pk}/change/", {"code": "X"})

    assert [answer.status_code for answer in answers] == [403, 403]
    assert PromotionCode.objects.get().code == "SUN-1"
    assert "any number of orders" in read(staff.get(f"{CODES}{code.pk}/change/"))


def test_redemptions_name_order_promotion_code_and_buyer(staff: Client) -> None:
    promotion = make_promotion("Summer", code="SUN-1")
    make_promotion("By itself", on="shipping", effect="free")
    order = use_code("SUN-1")
    other = use_code("SUN-1", email="eve@example.com")
    Redemption.objects.filter(order__number=other["number"]).update(state="released")

    query: dict[str, Any] = {"promotion__id__exact": promotion.pk, "state__exact": "used"}
    page = read(staff.get(REDEMPTIONS, query))

    assert all(text in page for text in (order["number"], "Summer", "SUN-1", "Ada Lovelace", "used"))
    assert other["number"] not in page
    for term in (order["number"], "sun-1"):
        found: Any = staff.get(REDEMPTIONS, {"q": term})
        assert order["number"] in [row.order.number for row in found.context["cl"].result_list]
    found = staff.get(REDEMPTIONS, {"q": "nothing"})
    assert list(found.context["cl"].result_list) == []


def test_redemptions_are_read_only_and_show_no_hash(staff: Client) -> None:
    make_promotion(code="SUN-1")
    use_code("SUN-1")
    redemption = Redemption.objects.get()
    path = f"{REDEMPTIONS}{redemption.pk}"

    page = read(staff.get(f"{path}/change/"))
    answers = staff.post(f"{path}/change/", {"state": "released"}), staff.post(f"{path}/delete/", {"post": "yes"})

    assert redemption.email_hash
    assert redemption.email_hash not in page
    assert [answer.status_code for answer in answers] == [403, 403]
    assert staff.get(REDEMPTIONS, {"email_hash__startswith": redemption.email_hash[:4]}).status_code in (302, 400)
    assert Redemption.objects.get().state == "used"


@pytest.mark.parametrize("count", [1, 12])
def test_the_statements_of_redemptions_do_not_grow(staff: Client, count: int) -> None:
    make_promotion(code="SUN-1")
    for number in range(count):
        use_code("SUN-1", email=f"buyer{number}@example.com")

    with capture_statements() as statements:
        staff.get(REDEMPTIONS)

    assert len(statements) == 5
