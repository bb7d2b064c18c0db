"""/admin/pricing/sale/: planning, the preview, the prices of a running sale, cancelling and ending it"""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core import markets
from core.models import Job
from pricing.admin import sale_lines
from pricing.models import Sale, SaleLine
from pricing.tests.sales.planned_sales import HOUR, end_sale, pass_time, plan_sale, run_jobs, start_sale
from products.models import Variant
from products.tests.editors import dump_catalog, list_prices
from products.tests.factories import make_category, make_product, make_products
from tests.admin.catalog_pages import read, read_text
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
SALES = "/admin/pricing/sale/"
PAGE_STATEMENTS = 16


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def build_form(**values: Any) -> dict[str, Any]:
    """Return the form of a sale of all products that starts in an hour and lasts two, with these values."""
    start = timezone.localtime() + HOUR
    fields = {"name": "Winter sale", "percent": "20", **write_time("starts_at", start), **write_time("ends_at", start + 2 * HOUR)}
    if "categories" not in values and "products" not in values:
        fields["all_products"] = "on"
    return {**fields, **values}


def write_time(name: str, at: Any) -> dict[str, str]:
    """Return a date and a time as the form has them."""
    local = timezone.localtime(at)
    return {f"{name}_0": f"{local:%Y-%m-%d}", f"{name}_1": f"{local:%H:%M:%S}"}


def plan(client: Client, **values: Any) -> Any:
    """Send the form of a new sale, and follow to the page after it."""
    return client.post(f"{SALES}add/", build_form(**values), follow=True)


def open_sale(client: Client, sale: Sale, query: str = "") -> str:
    """Return what the page of a sale says."""
    return read_text(client.get(f"{SALES}{sale.pk}/change/{query}"))


def test_a_sale_is_planned_and_its_page_previews_what_changes(staff_client: Client) -> None:
    lamps = make_category("Lamps")
    make_product("Lamp", sku="LAMP", price="20.00", prices={"us": "2.00"}, category=lamps)
    chair = make_product("Chair", sku="CHAIR", price="30.00")
    make_product("Table", sku="TABLE", price="99.00")
    before = dump_catalog()

    response = plan(staff_client, categories=[lamps.pk], products=[chair.pk])

    sale = Sale.objects.get()
    assert response.redirect_chain == [(f"{SALES}{sale.pk}/change/", 302)]
    text = read_text(response)
    assert "The sale is planned. Below is what it would change now." in text
    assert "This is what the sale would change if it started now." in text
    assert "to be reduced 3 left out 1" in text
    assert "Lamp LAMP in ₹20.00 ₹16.00 instead of ₹20.00 to be reduced" in text
    assert "Lamp LAMP us $2.00 $1.60 instead of $2.00 to be reduced" in text
    assert "Chair CHAIR us – – left out no price in this market" in text
    assert "TABLE" not in text
    assert (sale.state, str(sale.percent), sale.user) == ("planned", "20.00", User.objects.get())
    assert sale.markets == []
    assert dict(Job.objects.values_list("kind", "run_at")) == {"start_sale": sale.starts_at, "end_sale": sale.ends_at}
    assert dump_catalog() == before
    assert not SaleLine.objects.exists()


def test_the_preview_is_what_the_sale_then_does(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    make_product("Free", sku="FREE", price="0")
    start_sale(name="Lamp week", percent="10", markets=["in"], products=[Variant.objects.get(sku="LAMP").product])
    make_product("Chair", sku="CHAIR", price="30.00")
    plan(staff_client, markets=["in"], starts_at_0="", starts_at_1="")
    sale = Sale.objects.latest("pk")

    previewed = open_sale(staff_client, sale, "?problems")
    run_jobs()
    left = open_sale(staff_client, sale, "?problems")

    for text in (previewed, left):
        assert "Left: 2" in text
        assert "Lamp LAMP in ₹18.00 instead of ₹20.00 – left out already in the sale Lamp week" in text
        assert "Free FREE in ₹0.00 – left out the price would be 0" in text
        assert "CHAIR" not in text
    assert "Reduced 1 left out 2" in left
    assert "Chair CHAIR in ₹30.00 ₹24.00 instead of ₹30.00 Reduced" in open_sale(staff_client, sale)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"percent": "0"}, "percent"),
        ({"percent": "100"}, "percent"),
        ({"percent": "-5"}, "percent"),
        ({"percent": "12.345"}, "percent"),
        ({"name": ""}, "name"),
        ({"markets": ["zz"]}, "markets"),
        ({"ends_at_0": "", "ends_at_1": ""}, "ends_at"),
        (write_time("ends_at", timezone.now() + timedelta(minutes=30)), "ends_at"),
        (write_time("ends_at", timezone.now() - timedelta(minutes=30)), "ends_at"),
        (write_time("starts_at", timezone.now() - timedelta(minutes=30)), "starts_at"),
        ({"categories": []}, "all_products"),
        ({"products": ["0"]}, "products"),
        ({"categories": ["999999999999999999999999"]}, "categories"),
    ],
)
def test_a_sale_that_makes_no_sense_is_refused(staff_client: Client, values: dict[str, Any], field: str) -> None:
    page = plan(staff_client, **values)

    assert list(page.context["adminform"].form.errors) == [field]
    assert not Sale.objects.exists()
    assert not Job.objects.exists()


def test_the_parts_of_a_time_look_like_fields(staff_client: Client) -> None:
    page: Any = staff_client.get(f"{SALES}add/")

    parts = str(page.context["adminform"].form["ends_at"]).split("<input")[1:]
    assert [("vDateField" in part, "vTimeField" in part, "rounded" in part) for part in parts] == [
        (True, False, True),
        (False, True, True),
    ]


def test_a_sale_of_all_products_and_of_some_is_refused(staff_client: Client) -> None:
    lamp = make_product("Lamp")

    page = plan(staff_client, products=[lamp.pk], all_products="on")

    assert page.context["adminform"].form.errors == {"all_products": ["Choose either all products, or categories and products."]}
    assert not Sale.objects.exists()


def test_a_sale_without_a_start_starts_at_once(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")

    plan(staff_client, starts_at_0="", starts_at_1="")
    run_jobs()

    assert list_prices("LAMP") == ["20.00", "16.00"]


def test_a_planned_sale_is_changed(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    plan(staff_client)
    sale = Sale.objects.get()

    staff_client.post(f"{SALES}{sale.pk}/change/", build_form(name="Clearance", percent="50", markets=["in"]))
    pass_time(HOUR)
    run_jobs()

    sale.refresh_from_db()
    assert (sale.name, sale.state, sale.markets) == ("Clearance", "running", ["in"])
    assert list_prices("LAMP") == ["20.00", "10.00"]


def test_a_form_of_a_planned_sale_that_comes_after_its_start_changes_the_end_only(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = start_sale(percent="10", name="Lamp week")

    end = timezone.now() + 5 * HOUR
    staff_client.post(f"{SALES}{sale.pk}/change/", build_form(name="Clearance", percent="50", **write_time("ends_at", end)))

    sale.refresh_from_db()
    assert (sale.name, str(sale.percent)) == ("Lamp week", "10.00")
    assert list_prices("LAMP") == ["20.00", "18.00"]
    assert abs(sale.ends_at - end) < timedelta(seconds=1)


def test_the_page_of_a_running_sale_offers_its_end_only(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = start_sale(percent="10")

    page: Any = staff_client.get(f"{SALES}{sale.pk}/change/")

    assert list(page.context["adminform"].form.fields) == ["ends_at"]
    assert "End now" in read(page)
    assert "Cancel this sale" not in read(page)


def test_a_running_sale_is_ended_by_a_click(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = start_sale(percent="10")

    text = read_text(staff_client.post(f"{SALES}{sale.pk}/end/", follow=True))
    run_jobs()
    again = read_text(staff_client.post(f"{SALES}{sale.pk}/end/", follow=True))

    assert "The sale ends now. Its prices are restored in the background." in text
    assert "This is not possible any more. See the current state below." in again
    assert list_prices("LAMP") == ["20.00", "18.00", "20.00"]
    page: Any = staff_client.get(f"{SALES}{sale.pk}/change/")
    assert "as before the sale 1" in read_text(page)
    assert (page.context["has_change_permission"], 'name="_save"' in read(page)) == (False, False)


def test_a_planned_sale_is_cancelled_by_a_click(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    plan(staff_client)
    sale = Sale.objects.get()

    text = read_text(staff_client.post(f"{SALES}{sale.pk}/cancel/", follow=True))
    pass_time(HOUR)
    run_jobs()
    again = read_text(staff_client.post(f"{SALES}{sale.pk}/cancel/", follow=True))

    assert "The sale is cancelled. No price was changed." in text
    assert "This is not possible any more. See the current state below." in again
    assert list_prices("LAMP") == ["20.00"]


def test_a_price_that_was_changed_by_hand_is_named_after_the_end(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = start_sale(percent="10", markets=["in"])
    Variant.objects.update(price=15)

    end_sale(sale)

    text = open_sale(staff_client, sale)
    assert "left as it was 1" in text
    assert "left as it was the price was changed to ₹15.00 during the sale" in text


def test_a_sale_that_nobody_ran_says_so(staff_client: Client) -> None:
    sale = plan_sale(starts_in=HOUR)
    pass_time(9 * HOUR)
    run_jobs()

    assert "the background worker did not run between its start and its end" in open_sale(staff_client, sale)


def test_the_progress_is_shown_while_prices_are_reduced(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = start_sale(percent="10", markets=["in"])
    done = staff_client.get(f"{SALES}{sale.pk}/progress/").json()
    SaleLine.objects.update(state="pending")
    Sale.objects.update(applied_at=None)

    text = open_sale(staff_client, sale)

    assert "Reducing the prices 0 of 1 prices" in text
    assert done == {"title": "Reducing the prices", "detail": "1 of 1 prices", "hint": "", "percent": 100, "is_in_progress": False}


def test_sales_need_the_permission_for_variants() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    planned, running = plan_sale(starts_in=HOUR), start_sale(percent="10")
    client = make_staff_client("change_product", "view_product")

    gets = [client.get(f"{SALES}{path}") for path in ("", "add/", f"{planned.pk}/change/", f"{planned.pk}/progress/")]
    paths = ("add/", f"{planned.pk}/change/", f"{planned.pk}/cancel/", f"{running.pk}/end/")
    posts = [client.post(f"{SALES}{path}", build_form()) for path in paths]

    assert [response.status_code for response in (*gets, *posts)] == [403] * 8
    assert list(Sale.objects.order_by("pk").values_list("state", flat=True)) == ["planned", "running"]
    assert 'href="/admin/pricing/sale/"' not in read(client.get("/admin/"))


def test_who_may_change_variants_may_plan_sales() -> None:
    client = make_staff_client("change_variant", "view_product", "view_category")

    response = plan(client)

    assert (response.status_code, Sale.objects.count()) == (200, 1)
    assert client.get(f"{SALES}{Sale.objects.get().pk}/delete/").status_code == 403
    assert 'href="/admin/pricing/sale/"' in read(client.get("/admin/"))


def test_a_shop_with_one_market_is_not_asked_for_it(staff_client: Client, settings: Any) -> None:
    settings.MARKETS = {"in": "INR"}
    markets.get_markets.cache_clear()
    try:
        page = read(staff_client.get(f"{SALES}add/"))
        plan(staff_client)
    finally:
        markets.get_markets.cache_clear()

    assert "markets" not in page.split('id="sale_form"')[1].split("</form>")[0]
    assert Sale.objects.get().markets == []


def test_a_preview_costs_the_same_statements_for_1_product_and_for_150(staff_client: Client) -> None:
    make_products("Lamp")
    plan(staff_client)
    sale = Sale.objects.get()
    staff_client.get(SALES)
    costs = []

    for count in (0, 149):
        make_products(*(f"Lamp {number}" for number in range(count)))
        with capture_statements() as captured:
            text = open_sale(staff_client, sale)
        costs.append(len(captured))

    assert "Page 1 of 3" in text
    assert costs[0] == costs[1] <= PAGE_STATEMENTS


def test_a_preview_is_cut_in_a_large_shop(staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sale_lines, "MAX_PREVIEW", 2)
    make_products("Lamp", "Torch", "Chair")
    plan(staff_client)

    assert "Only the first 2 prices are shown." in open_sale(staff_client, Sale.objects.get())


def test_sales_that_are_late_are_named_on_the_home_page(staff_client: Client) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    start_sale(name="Old sale", percent="10", lasts=HOUR)
    pass_time(HOUR)
    plan_sale(name="Early sale")
    assert "should have" not in read(staff_client.get("/admin/"))

    pass_time(timedelta(minutes=6))
    text = read_text(staff_client.get("/admin/"))

    assert "The sale Early sale should have started on" in text
    assert "not all of its prices are reduced. The jobs in the background say why." in text
    assert "The sale Old sale should have ended on" in text
    assert "shop_sales_overdue 2.0" in staff_client.get("/metrics").content.decode()
    assert "should have" not in read(make_staff_client("view_order").get("/admin/"))
