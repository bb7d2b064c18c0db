"""/admin/products/product/<id>/prices/: the prices of all variants in all markets"""

from decimal import Decimal

import pytest

from core.actors import SYSTEM
from core.exceptions import PreconditionFailed
from products.models import MarketPrice, PriceChange
from products.services import price_table
from products.services.price_table import PRICE, PriceCell
from products.tests.editors import (
    client_for,
    dump_catalog,
    dump_without_timestamps,
    get_detail,
    get_variant,
    list_prices,
    list_products,
    make_tee,
)
from products.tests.factories import make_product, make_variant
from tests.admin.product_pages import open_form, read_form, submit
from tests.admin.staff_clients import make_superuser_client
from tests.people import User
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db


def name_field(sku: str, name: str) -> str:
    """Return the name of a field of a variant's row."""
    return f"variant-{get_variant(sku).pk}-{name}"


def test_prices_of_all_markets_are_saved_at_once_with_their_history() -> None:
    client, tee = make_superuser_client(), make_tee()
    changes = {
        name_field("TEE-S", "price_in"): "15.00",
        name_field("TEE-S", "compare_at_price_in"): "20.00",
        name_field("TEE-S", "price_us"): "1.50",
        name_field("TEE-M", "price_us"): "3.00",
    }

    response = submit(client, tee, open_form(client, tee, "prices") | changes, "prices")

    assert (response.status_code, response["Location"]) == (302, f"/admin/products/product/{tee.pk}/change/")
    assert (list_prices("TEE-S"), list_prices("TEE-S", "us")) == (["20.00", "15.00"], ["2.00", "1.50"])
    assert (list_prices("TEE-M"), list_prices("TEE-M", "us")) == (["25.00"], ["3.00"])
    in_detail, us_detail = get_detail(tee), get_detail(tee, "us")
    assert (in_detail["price"], in_detail["compare_at_price"], in_detail["lowest_price_30_days"]) == ("15.00", "20.00", "20.00")
    assert (us_detail["price"], us_detail["lowest_price_30_days"], len(us_detail["variants"])) == ("1.50", "2.00", 2)
    assert set(PriceChange.objects.order_by("-id")[:3].values_list("user__email", flat=True)) == {"staff@example.com"}


def test_a_table_sent_back_as_it_is_changes_nothing() -> None:
    client, tee = make_superuser_client(), make_tee()
    form, before = open_form(client, tee, "prices"), dump_without_timestamps()

    assert "Nothing was changed" in client.post(f"/admin/products/product/{tee.pk}/prices/", form, follow=True).content.decode()

    assert dump_without_timestamps() == before


def test_the_first_row_sets_the_prices_of_all_variants() -> None:
    client, tee = make_superuser_client(), make_tee()

    submit(client, tee, open_form(client, tee, "prices") | {"all-price_us": "4.00", "all-compare_at_price_in": "30.00"}, "prices")

    assert list(MarketPrice.objects.order_by("pk").values_list("market", "price")) == [("us", Decimal(4)), ("us", Decimal(4))]
    assert [variant["compare_at_price"] for variant in get_detail(tee)["variants"]] == ["30.00", "30.00"]
    assert (list_prices("TEE-S"), list_prices("TEE-M"), list_prices("TEE-S", "us")) == (["20.00"], ["25.00"], ["2.00", "4.00"])


def test_a_variant_without_a_price_in_a_market_is_off_sale_there() -> None:
    client, tee = make_superuser_client(), make_tee()

    submit(client, tee, open_form(client, tee, "prices") | {name_field("TEE-S", "price_us"): ""}, "prices")

    assert (list_products("us"), list_prices("TEE-S", "us"), len(list_products())) == ([], ["2.00", None], 1)


BAD_AMOUNTS = [
    ("price_in", "", "This field is required."),
    ("price_in", "19.999", "INR has 2 decimal places"),
    ("price_us", "-1", "Ensure this value is greater than or equal to 0."),
    ("compare_at_price_in", "99999999", "Must be from 0 to 9999999.999"),
    ("compare_at_price_us", "5", "There is no price in this market"),
]


def test_an_amount_that_cannot_be_is_refused_and_nothing_is_saved() -> None:
    client, tee = make_superuser_client(), make_tee()
    form, before = open_form(client, tee, "prices") | {name_field("TEE-S", "price_in"): "1.00"}, dump_catalog()

    answers = [
        (message, submit(client, tee, form | {name_field("TEE-M", field): value}, "prices").content.decode())
        for field, value, message in BAD_AMOUNTS
    ]

    assert [message for message, page in answers if message not in page] == []
    assert dump_catalog() == before


def test_a_price_that_someone_else_has_changed_is_shown_before_it_is_replaced() -> None:
    client, tee = make_superuser_client(), make_tee()
    form = open_form(client, tee, "prices") | {name_field("TEE-S", "price_in"): "15.00", name_field("TEE-M", "price_in"): "24.00"}
    api, path = client_for(User.objects.get()), f"/api/products/{tee.pk}/variants/{get_variant('TEE-S').pk}/"
    assert api.patch(path, {"price": "18.00"}).status_code == 200

    page = submit(client, tee, form, "prices").content.decode()

    assert "Changed to “18.00” by someone else since you opened the page. Save again to replace it" in page
    assert (list_prices("TEE-S"), list_prices("TEE-M")) == (["20.00", "18.00"], ["25.00"])
    assert submit(client, tee, read_form(page), "prices").status_code == 302
    assert (list_prices("TEE-S"), list_prices("TEE-M")) == (["20.00", "18.00", "15.00"], ["25.00", "24.00"])


def test_a_change_between_the_check_of_the_form_and_the_lock_is_refused() -> None:
    tee, before = make_tee(), dump_catalog()
    cells = [
        PriceCell(get_variant(sku).pk, "in", PRICE, get_variant(sku).price - 1, seen=get_variant(sku).price - off)
        for sku, off in (("TEE-S", 0), ("TEE-M", 2))
    ]

    with pytest.raises(PreconditionFailed):
        price_table.save_prices(SYSTEM, tee.pk, cells)

    assert dump_catalog() == before


def test_the_table_costs_the_same_for_one_variant_and_for_fifty() -> None:
    client, costs = make_superuser_client(), []
    for count in (1, 50):
        tee = make_product(
            f"Tee {count}",
            variants=[make_variant(f"T{count}-{size}", options={"Size": str(size)}, prices={"us": "2"}) for size in range(count)],
        )
        with capture_statements() as opened:
            form = open_form(client, tee, "prices")
        with capture_statements() as saved:
            amounts = {"all-price_in": "7.00", "all-price_us": "3.00", "all-compare_at_price_in": "9.00"}
            submit(client, tee, form | amounts, "prices")
        costs.append((len(opened), len(saved)))

    assert costs[0] == costs[1]
    assert costs[0] <= (6, 22)
    assert list_prices("T50-49", "us") == ["2.00", "3.00"]
