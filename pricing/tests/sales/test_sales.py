"""A sale, from the minute it starts to the minute it ends, as buyers see it"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core import outbox
from core.models import Job
from pricing.models import Sale
from pricing.tests.sales.planned_sales import HOUR, end_sale, list_lines, pass_time, plan_sale, run_jobs, start_sale
from products.models import PriceChange, Variant
from products.tests.editors import backdate_prices, client_for, get_detail, list_prices, list_products, staff_client
from products.tests.factories import make_product, make_variant, update_product, update_variant
from tests.people import make_user

pytestmark = pytest.mark.django_db


def test_a_sale_starts_and_ends_at_its_minute() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = plan_sale("25", starts_in=HOUR, lasts=2 * HOUR)
    prices, minute = [], timedelta(minutes=1)

    for time in (timedelta(0), HOUR - minute, minute, 2 * HOUR - minute, minute):
        pass_time(time)
        run_jobs()
        prices.append(list_products()[0]["price"])

    assert prices == ["20.00", "20.00", "15.00", "15.00", "20.00"]
    sale.refresh_from_db()
    assert sale.state == "ended"
    assert sale.started_at is not None
    assert sale.applied_at is not None
    assert sale.ended_at is not None


def test_a_worker_learns_of_the_start_within_seconds() -> None:
    sale = plan_sale(starts_in=HOUR)

    assert dict(Job.objects.values_list("kind", "run_at")) == {"start_sale": sale.starts_at, "end_sale": sale.ends_at}


def test_a_running_sale_shows_the_old_price_everywhere_and_its_end_restores_everything() -> None:
    lamp = make_product("Lamp", sku="LAMP", price="20.00", prices={"us": "2.00"})
    backdate_prices(days=60)
    sale = start_sale(percent="20")

    listed, detail = list_products()[0], get_detail(lamp, "us")
    assert (listed["price"], listed["compare_at_price"]) == ("16.00", "20.00")
    assert (detail["price"], detail["compare_at_price"], detail["lowest_price_30_days"]) == ("1.60", "2.00", "2.00")
    end_sale(sale)

    listed, detail = list_products()[0], get_detail(lamp, "us")
    assert (listed["price"], listed["compare_at_price"]) == ("20.00", None)
    assert (detail["price"], detail["compare_at_price"], detail["lowest_price_30_days"]) == ("2.00", None, "1.60")
    assert (list_prices("LAMP"), list_prices("LAMP", "us")) == (["20.00", "16.00", "20.00"], ["2.00", "1.60", "2.00"])
    assert list_lines(sale) == [("LAMP", "in", "restored", ""), ("LAMP", "us", "restored", "")]


def test_a_sale_sorts_and_filters_the_list_by_the_lower_price() -> None:
    lamp = make_product("Lamp", price="20.00")
    make_product("Torch", price="18.00")

    start_sale(percent="50", products=[lamp])

    assert [row["name"] for row in list_products(ordering="price")] == ["Lamp", "Torch"]
    assert [row["name"] for row in list_products(max_price="10")] == ["Lamp"]


def test_a_wishlist_names_the_reduction() -> None:
    lamp, client = make_product("Lamp", price="20.00"), client_for(make_user())
    client.post("/api/cart/wishlist/add/", {"product_id": lamp.pk})

    start_sale(percent="20")

    row = client.get("/api/cart/wishlist/").json()["data"][0]
    assert (row["price_at_addition"], row["current_price"], row["price_difference"]) == ("20.00", "16.00", "-4.00")
    assert row["lowest_price_30_days"] == "20.00"


def test_the_history_names_who_planned_the_sale() -> None:
    lamp = make_product("Lamp", price="20.00")
    user = make_user("staff@example.com", is_staff=True)
    sale = plan_sale()
    Sale.objects.update(user=user)

    run_jobs()
    end_sale(sale)

    assert list(PriceChange.objects.filter(variant__product=lamp).order_by("id").values_list("user", flat=True)) == [
        None,
        user.pk,
        user.pk,
    ]


def test_the_price_before_the_sale_is_shown_instead_of_an_older_compare_at_price() -> None:
    lamp = make_product("Lamp", variants=[make_variant("LAMP", price="20.00", compare_at="35.00")])

    sale = start_sale(percent="20")
    during = get_detail(lamp)
    end_sale(sale)

    assert (during["price"], during["compare_at_price"]) == ("16.00", "20.00")
    assert (get_detail(lamp)["price"], get_detail(lamp)["compare_at_price"]) == ("20.00", "35.00")


def test_a_price_that_staff_change_during_the_sale_stays_and_is_named() -> None:
    lamp = make_product("Lamp", sku="LAMP", price="20.00", prices={"us": "2.00"})
    sale = start_sale(percent="20")
    staff_client().patch(f"/api/products/{lamp.pk}/", {"price": "17.00"})

    end_sale(sale)

    assert list_products()[0]["price"] == "17.00"
    assert list_products("us")[0]["price"] == "2.00"
    reason = "the price was changed to ₹17.00 during the sale"
    assert list_lines(sale) == [("LAMP", "in", "kept", reason), ("LAMP", "us", "restored", "")]
    assert sale.state == "ended"


def test_a_compare_at_price_that_staff_change_is_as_before_again_and_named() -> None:
    lamp = make_product("Lamp", sku="LAMP", price="20.00")
    sale = start_sale(percent="20", markets=["in"])
    staff_client().patch(f"/api/products/{lamp.pk}/", {"compare_at_price": "50.00"})

    end_sale(sale)

    assert (get_detail(lamp)["price"], get_detail(lamp)["compare_at_price"]) == ("20.00", None)
    assert list_lines(sale) == [("LAMP", "in", "restored", "the compare-at price had been changed during the sale")]


def test_what_is_removed_during_the_sale_is_named_and_the_rest_restored() -> None:
    variants = [make_variant(f"TEE-{size}", name=size, price="20.00", prices={"us": "2.00"}) for size in "SML"]
    tee = make_product("Tee", variants=variants)
    gone = make_product("Gone", sku="GONE", price="30.00")
    sale = start_sale(percent="10")
    staff = staff_client()
    small, medium, large = Variant.objects.filter(product=tee).order_by("sku").values_list("pk", flat=True).reverse()
    assert staff.delete(f"/api/products/{tee.pk}/variants/{small}/").status_code == 200
    staff.patch(f"/api/products/{tee.pk}/variants/{medium}/", {"prices": {"us": None}})
    staff.patch(f"/api/products/{tee.pk}/variants/{large}/", {"is_active": False})
    staff.delete(f"/api/products/{gone.pk}/")

    end_sale(sale)

    removed = "the variant was removed from the shop"
    assert list_lines(sale) == [
        ("GONE", "in", "kept", removed),
        ("GONE", "us", "left_out", "no price in this market"),
        ("TEE-L", "in", "restored", ""),
        ("TEE-L", "us", "restored", ""),
        ("TEE-M", "in", "restored", ""),
        ("TEE-M", "us", "kept", "the price in this market was removed during the sale"),
        ("TEE-S", "in", "kept", removed),
        ("TEE-S", "us", "kept", removed),
    ]
    assert sale.state == "ended"
    assert Variant.objects.get(sku="TEE-L").price == Decimal(20)


def test_a_price_that_changes_between_selection_and_reduction_is_reduced_and_restored_as_it_then_was() -> None:
    lamp = make_product("Lamp", sku="LAMP", price="20.00")
    sale = plan_sale(percent="10", markets=["in"])
    outbox.run_due(limit=1)
    staff_client().patch(f"/api/products/{lamp.pk}/", {"price": "30.00"})

    run_jobs()
    assert get_detail(lamp)["compare_at_price"] == "30.00"
    end_sale(sale)

    assert list_prices("LAMP") == ["20.00", "30.00", "27.00", "30.00"]


def test_what_is_removed_between_selection_and_reduction_is_named() -> None:
    lamp, torch = make_product("Lamp", sku="LAMP"), make_product("Torch", sku="TORCH", prices={"us": "2.00"})
    sale = plan_sale(percent="10", markets=["us"], products=[lamp, torch])
    Variant.objects.filter(sku="LAMP").get().market_prices.create(market="us", price=3)
    outbox.run_due(limit=1)
    Variant.objects.get(sku="LAMP").market_prices.all().delete()
    update_product(torch, is_active=False)
    run_jobs()

    sale.refresh_from_db()
    assert list_lines(sale) == [("LAMP", "us", "left_out", "no price in this market"), ("TORCH", "us", "left_out", "not for sale")]
    assert sale.applied_at is not None
    assert PriceChange.objects.filter(market="us", price__lt=2).count() == 0


def test_a_product_that_comes_during_the_sale_is_not_in_it() -> None:
    sale = start_sale(percent="10")

    make_product("Lamp", sku="LAMP", price="20.00")
    run_jobs()

    assert list_products()[0]["price"] == "20.00"
    assert (sale.state, list_lines(sale)) == ("running", [])


def test_an_inactive_variant_keeps_its_price() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    update_variant("LAMP", is_active=False)

    sale = start_sale(percent="10", markets=["in"])

    assert list_lines(sale) == [("LAMP", "in", "left_out", "not for sale")]
    assert Variant.objects.get().price == Decimal(20)
    assert sale.applied_at is not None
    assert timezone.now() >= sale.applied_at
