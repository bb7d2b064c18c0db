"""/admin/products/product/: actions on many products, and bulk price changes with their preview"""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from core import outbox
from products.models import BulkPriceChange, BulkPriceLine, PriceChange, Product, Variant
from products.services import bulk_edits, bulk_prices
from products.tests.editors import dump_catalog, get_detail, list_prices, list_products, make_tee
from products.tests.factories import make_category, make_product, make_products, make_variant, update_variant
from tests.admin.catalog_pages import PRODUCTS, apply_prices, confirm_bulk, preview_prices, read, read_text, run_bulk
from tests.admin.staff_clients import make_staff_client, make_superuser_client

pytestmark = pytest.mark.django_db
CHANGES = "/admin/products/bulkpricechange/"
PREVIEW_STATEMENTS = 6


@pytest.fixture
def staff_client(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def select_all(client: Client, action: str, product: Product, query: str, **fields: str) -> Any:
    """Run an action on everything that a filtered list holds; follow to the page after it."""
    form = {"action": action, "_selected_action": [str(product.pk)], "select_across": "1", **fields}
    return client.post(f"{PRODUCTS}{query}", form, follow=True)


def test_products_are_taken_off_sale_and_put_on_sale_again(staff_client: Client) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug", is_active=False)

    text = read_text(run_bulk(staff_client, "take_off_sale", lamp, mug))
    assert "1 product taken off sale. 1 needed no change." in text
    assert list_products() == []

    assert "2 products put on sale." in read_text(run_bulk(staff_client, "put_on_sale", lamp, mug))
    assert [item["name"] for item in list_products()] == ["Mug", "Lamp"]
    assert "0 products put on sale. 2 needed no change." in read_text(run_bulk(staff_client, "put_on_sale", lamp, mug))


def test_many_products_are_changed_in_the_background(staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_edits, "BATCH_SIZE", 25)
    lamps = make_products(*(f"Lamp {number}" for number in range(60)))
    make_product("Mug")

    text = read_text(select_all(staff_client, "take_off_sale", lamps[0], "?q=Lamp"))

    assert "60 products selected. The products are changed in the background." in text
    assert Product.objects.filter(is_active=False).count() == 0
    assert outbox.run_due() == (3, 0)
    assert list(Product.objects.filter(is_active=True).values_list("name", flat=True)) == ["Mug"]
    assert [item["name"] for item in list_products()] == ["Mug"]


def test_many_products_are_removed_in_the_background(staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_edits, "BATCH_SIZE", 25)
    lamps = make_products(*(f"Lamp {number}" for number in range(60)))
    make_product("Mug")
    asked = select_all(staff_client, "retire", lamps[0], "?q=Lamp").content.decode()
    digest = re.findall(r'name="confirmed" value="(\w+)"', asked)[0]

    text = read_text(select_all(staff_client, "retire", lamps[0], "?q=Lamp", confirmed=digest))

    assert "60 products selected. The products are changed in the background." in text
    assert Product.objects.exclude(deleted_at=None).count() == 0
    assert outbox.run_due() == (3, 0)
    assert list(Product.objects.filter(deleted_at=None).values_list("name", flat=True)) == ["Mug"]
    assert [item["name"] for item in list_products()] == ["Mug"]


def test_products_are_moved_to_a_category_and_out_of_it(staff_client: Client) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    lighting = make_category("Lighting", "Home")

    page = run_bulk(staff_client, "set_category", lamp, mug)
    assert "2 products will be in the category" in read_text(page)
    assert Product.objects.filter(category=None).count() == 2
    assert "2 products moved." in read_text(confirm_bulk(staff_client, "set_category", lamp, mug, category=str(lighting.pk)))
    assert [item["name"] for item in list_products(category="home")] == ["Mug", "Lamp"]

    assert "1 product moved." in read_text(confirm_bulk(staff_client, "set_category", mug, category=""))
    assert [item["name"] for item in list_products(category="home")] == ["Lamp"]


def test_products_that_were_not_asked_about_are_not_moved(staff_client: Client) -> None:
    lamp, lighting = make_product("Lamp"), make_category("Lighting")
    asked = select_all(staff_client, "set_category", lamp, "?q=Lamp")
    make_product("Lamp that came later")

    fields = {"confirmed": asked.context["digest"], "category": str(lighting.pk)}
    page = select_all(staff_client, "set_category", lamp, "?q=Lamp", **fields)

    assert "The list has changed in the meantime. Please check it again" in read_text(page)
    assert Product.objects.filter(category=lighting).count() == 0


def test_a_job_for_a_category_that_was_deleted_changes_nothing(staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_edits, "BATCH_SIZE", 1)
    lamp, mug, lighting = make_product("Lamp"), make_product("Mug"), make_category("Lighting")
    confirm_bulk(staff_client, "set_category", lamp, mug, category=str(lighting.pk))
    lighting.delete()

    assert outbox.run_due() == (2, 0)

    assert Product.objects.filter(category=None).count() == 2


def test_prices_are_changed_as_the_preview_showed_and_are_history(staff_client: Client) -> None:
    tee, lamp = make_tee(), make_product("Lamp", sku="L-1", price="9.99", prices={"us": "1.00"})
    make_product("Mug", sku="M-1")
    pin = make_product("Pin", sku="P-1", price="0.99")

    page = preview_prices(staff_client, tee, lamp, pin, rounding="99")
    text = read_text(page)

    assert "Lower by 10 %, all markets, rounded: ending in .99" in text
    assert "Tee, S TEE-S in ₹20.00 ₹17.99 Tee, S TEE-S us $2.00 $1.99 Tee, M TEE-M in ₹25.00 ₹22.99" in text
    assert "Lamp L-1 in ₹9.99 ₹8.99 Lamp L-1 us $1.00 $0.99" in text
    assert PriceChange.objects.filter(user__isnull=False).count() == 0

    text = read_text(apply_prices(staff_client))

    assert ("The prices are changed" in text, "changed 5 not concerned 1" in text) == (True, True)
    assert (list_prices("TEE-S"), list_prices("TEE-S", "us")) == (["20.00", "17.99"], ["2.00", "1.99"])
    assert (list_prices("L-1"), list_prices("M-1")) == (["9.99", "8.99"], ["20.00"])
    assert list_prices("P-1") == ["0.99"]
    assert get_detail(lamp)["lowest_price_30_days"] == "9.99"
    assert [item["price"] for item in list_products()] == ["0.99", "20.00", "8.99", "17.99"]
    assert set(PriceChange.objects.order_by("-id")[:5].values_list("user__email", flat=True)) == {"staff@example.com"}


def test_a_price_that_changes_after_the_preview_is_left_and_named(staff_client: Client) -> None:
    tee, lamp = make_tee(), make_product("Lamp", sku="L-1")
    preview_prices(staff_client, tee, lamp)
    update_variant("TEE-M", price=Decimal("40.00"))
    Product.objects.filter(pk=lamp.pk).update(deleted_at=lamp.created_at)

    text = read_text(apply_prices(staff_client))

    assert "Tee, M TEE-M in ₹25.00 – left as it was the price has changed since the preview" in text
    assert "Lamp L-1 in ₹20.00 – left as it was the variant was removed from the shop" in text
    assert ("changed 2" in text, "left as they were 2" in text, "Not changed: 2" in text) == (True, True, True)
    assert [f"{price:.2f}" for price in Variant.objects.order_by("id").values_list("price", flat=True)] == [
        "18.00",
        "40.00",
        "20.00",
    ]


def test_a_preview_is_applied_once_or_discarded(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")
    preview_prices(staff_client, lamp)
    apply_prices(staff_client)

    assert "This was decided before." in read_text(apply_prices(staff_client))
    assert outbox.run_due() == (1, 0)  # the job for what a crash would have left
    assert list_prices("L-1") == ["20.00", "18.00"]

    preview_prices(staff_client, lamp)
    page = staff_client.post(f"{CHANGES}{BulkPriceChange.objects.latest('pk').pk}/discard/", follow=True)
    assert "The new prices were discarded. Nothing was changed." in read_text(page)
    assert "This was decided before." in read_text(apply_prices(staff_client))
    assert list_prices("L-1") == ["20.00", "18.00"]


def test_a_price_of_0_is_refused_and_named(staff_client: Client) -> None:
    lamp, pin = make_product("Lamp", sku="L-1", price="20.00"), make_product("Pin", sku="P-1", price="5.00")

    text = read_text(preview_prices(staff_client, lamp, pin, unit="amount", value="5", market="in"))

    assert "Pin P-1 in ₹5.00 – cannot be applied the price would be 0 or less" in text
    apply_prices(staff_client)
    assert (list_prices("L-1"), list_prices("P-1")) == (["20.00", "15.00"], ["5.00"])


def test_a_compare_at_price_that_would_not_be_above_the_price_is_removed_and_this_is_said(staff_client: Client) -> None:
    make_product("Tee", variants=[make_variant("T-1", price="20.00", compare_at="21.00")])
    tee = Product.objects.get()

    text = read_text(preview_prices(staff_client, tee, direction="raise"))
    apply_prices(staff_client)

    assert "₹20.00 instead of ₹21.00 ₹22.00 the compare-at price is removed: it would not be above the price" in text
    assert (get_detail(tee)["price"], get_detail(tee)["compare_at_price"]) == ("22.00", None)


def test_a_reduction_shows_the_price_before_it(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")

    preview_prices(staff_client, lamp, compare_at="previous")
    apply_prices(staff_client)
    assert (get_detail(lamp)["price"], get_detail(lamp)["compare_at_price"]) == ("18.00", "20.00")
    preview_prices(staff_client, lamp, compare_at="previous")
    apply_prices(staff_client)
    assert (get_detail(lamp)["price"], get_detail(lamp)["compare_at_price"]) == ("16.20", "20.00")
    preview_prices(staff_client, lamp, direction="raise", compare_at="previous")
    apply_prices(staff_client)
    assert (get_detail(lamp)["price"], get_detail(lamp)["compare_at_price"]) == ("17.82", "20.00")
    preview_prices(staff_client, lamp, compare_at="remove")
    apply_prices(staff_client)
    assert (get_detail(lamp)["price"], get_detail(lamp)["compare_at_price"]) == ("16.04", None)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"value": "0"}, "value"),
        ({"unit": "amount"}, "market"),
        ({"unit": "amount", "market": "in", "value": "1.005"}, "value"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(staff_client: Client, rule: dict[str, str], field: str) -> None:
    page = preview_prices(staff_client, make_product("Lamp"), **rule)

    assert list(page.context["form"].errors) == [field]
    assert not BulkPriceChange.objects.exists()


def test_more_prices_than_a_person_can_check_are_refused(staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_prices, "MAX_PRICES", 2)

    page = preview_prices(staff_client, make_tee())

    assert "These are more than 2 prices. Select fewer products, or one market" in read_text(page)
    assert (BulkPriceChange.objects.count(), BulkPriceLine.objects.count()) == (0, 0)


def test_many_prices_are_changed_in_the_background_in_slices(staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_prices, "SLICE_SECONDS", 0)
    lamps = make_products(*(f"Lamp {number}" for number in range(26)))
    page = select_all(staff_client, "change_prices", lamps[0], "")
    rule = {"direction": "lower", "value": "1", "unit": "amount", "market": "in", "rounding": "exact", "compare_at": "keep"}
    select_all(staff_client, "change_prices", lamps[0], "", confirmed=page.context["digest"], **rule)

    text = read_text(apply_prices(staff_client))
    progress = staff_client.get(f"{CHANGES}{BulkPriceChange.objects.get().pk}/progress/").json()

    assert "Changing prices 0 of 26 prices" in text
    assert (progress["percent"], progress["is_in_progress"]) == (0, True)
    assert outbox.run_due(limit=5) == (5, 0)
    assert Variant.objects.filter(price=19).count() == 5
    assert outbox.run_due() == (22, 0)
    assert (Variant.objects.filter(price=19).count(), BulkPriceChange.objects.get().state) == (26, "done")
    assert {item["price"] for item in list_products()} == {"19.00"}


def test_prices_need_the_permission_for_variants() -> None:
    lamp, client = make_product("Lamp", sku="L-1"), make_staff_client("change_product")

    assert '<option value="change_prices"' not in read(client.get(PRODUCTS))
    run_bulk(client, "change_prices", lamp, confirmed="", direction="lower", value="10", unit="percent", rounding="exact")
    change = BulkPriceChange.objects.create(rule="Lower", products=1, unchanged=0)
    responses = [client.get(CHANGES), client.get(f"{CHANGES}{change.pk}/change/"), client.post(f"{CHANGES}{change.pk}/apply/")]
    assert [response.status_code for response in responses] == [403, 403, 403]
    assert (BulkPriceChange.objects.get().state, list_prices("L-1")) == ("previewed", ["20.00"])


def test_products_need_the_permission_to_change_them() -> None:
    lamp, client = make_product("Lamp"), make_staff_client("view_product")
    before = dump_catalog()

    for action in ("take_off_sale", "set_category", "change_prices", "retire"):
        run_bulk(client, action, lamp, confirmed="")

    assert dump_catalog() == before


@pytest.mark.parametrize("count", [20, 2_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_preview_costs_the_same_statements_for_20_prices_and_for_thousands(
    staff_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    variant = make_product("Lamp").variants.get()
    change = BulkPriceChange.objects.create(rule="Lower", products=count, unchanged=0)
    prices = {"market": "in", "old_price": 20, "new_price": 18}
    BulkPriceLine.objects.bulk_create(BulkPriceLine(change=change, variant=variant, **prices) for _ in range(count))
    staff_client.get(CHANGES)

    with django_assert_num_queries(PREVIEW_STATEMENTS):
        staff_client.get(f"{CHANGES}{change.pk}/change/")


def test_what_nobody_confirms_is_deleted_after_a_week_and_lines_after_90_days(staff_client: Client) -> None:
    lamp = make_product("Lamp")
    preview_prices(staff_client, lamp)
    apply_prices(staff_client)
    preview_prices(staff_client, lamp)

    call_command("clean_up", verbosity=0)
    assert (BulkPriceChange.objects.count(), BulkPriceLine.objects.count()) == (2, 2)
    for change in BulkPriceChange.objects.all():
        change.created_at -= timedelta(days=8)
        change.finished_at = change.finished_at and change.finished_at - timedelta(days=91)
        change.save()
    call_command("clean_up", verbosity=0)

    assert (BulkPriceChange.objects.get().state, BulkPriceLine.objects.count()) == ("done", 0)
