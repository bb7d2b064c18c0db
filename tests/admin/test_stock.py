"""/admin/products/stockofvariant/: the stock page; and the histories of stock and prices."""

import csv
import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user
from products.models import Listing, PriceChange, StockMovement, Variant
from products.tests.editors import dump_catalog, get_variant, list_movements, sum_movements
from products.tests.factories import make_product, make_variant, update_product, update_variant

pytestmark = pytest.mark.django_db
STOCK_PAGE = "/admin/products/stockofvariant/"
HISTORY_MODELS = ["stockmovement", "pricechange"]


@pytest.fixture
def staff_client(db: None) -> Client:
    """The client of a member of staff."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def list_skus(staff_client: Client, **query: str) -> list[str]:
    """Return the SKUs that the stock page lists, in order."""
    page = staff_client.get(STOCK_PAGE, query)
    assert page.status_code == 200
    return [row.sku for row in page.context["cl"].result_list]


def post_movement(staff_client: Client, sku: str, /, **fields: str) -> Any:
    """Submit the movement form of a SKU as a browser would."""
    form = {"delta": "5", "reason": "received", "note": "", "reference": "", **fields}
    return staff_client.post(f"{STOCK_PAGE}{get_variant(sku).pk}/change/", form)


def make_stocked_products() -> None:
    """Create products with 6 units, 5 units and none left, and three that are not for sale."""
    make_product("Lamp", sku="SIX", stock=10)
    update_variant("SIX", reserved=4)
    make_product("Mug", sku="FIVE", stock=9)
    update_variant("FIVE", reserved=4)
    make_product("Pot", sku="NONE", stock=3)
    update_variant("NONE", reserved=3)
    make_product("Off", sku="OFF", stock=0, is_active=False)
    make_product("Jug", variants=[make_variant("SHOWN", stock=99), make_variant("HIDDEN", stock=0)])
    update_variant("HIDDEN", is_active=False)


def test_the_page_lists_what_is_for_sale_the_scarcest_first(staff_client: Client) -> None:
    make_stocked_products()

    assert list_skus(staff_client) == ["NONE", "FIVE", "SIX", "SHOWN"]


@pytest.mark.parametrize(("level", "skus"), [("low", ["NONE", "FIVE"]), ("out", ["NONE"])])
def test_low_and_sold_out_count_what_can_be_bought(staff_client: Client, level: str, skus: list[str]) -> None:
    make_stocked_products()

    assert list_skus(staff_client, level=level) == skus


def test_low_is_what_the_product_calls_low(staff_client: Client) -> None:
    update_product(make_product("Lamp", sku="L-1", stock=8), low_stock_threshold=8)
    update_product(make_product("Mug", sku="M-1", stock=1), low_stock_threshold=0)

    assert list_skus(staff_client, level="low") == ["L-1"]


@pytest.mark.parametrize(("search", "skus"), [("five", ["FIVE"]), ("Lamp", ["SIX"]), ("%", []), ("nothing", [])])
def test_the_page_is_searched_by_sku_and_product(staff_client: Client, search: str, skus: list[str]) -> None:
    make_stocked_products()

    assert list_skus(staff_client, q=search) == skus


def test_a_movement_is_written_with_its_reason_note_and_reference(staff_client: Client) -> None:
    make_product(sku="L-1", stock=0, prices={"us": "2.00"})

    response = post_movement(staff_client, "L-1", delta="12", reason="received", note="Two boxes", reference="DN 7")

    assert (response.status_code, response["Location"]) == (302, STOCK_PAGE)
    movement = StockMovement.objects.get()
    assert (movement.delta, movement.reason, movement.note, movement.reference, str(movement.user)) == (
        *(12, "received", "Two boxes", "DN 7"),
        "staff@example.com",
    )
    assert get_variant("L-1").stock == 12
    assert list(Listing.objects.values_list("in_stock", flat=True)) == [True, True]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("form_data", "field"),
    [
        *(({"delta": value}, "delta") for value in ("0", "", "1.5", "a", "1000000001", "-7", "-1000000000")),
        *(({"reason": value}, "reason") for value in ("", "sale", "initial", "import", "nonsense")),
        *(({"note": "x" * 201}, "note"), ({"reference": "x" * 65}, "reference")),
    ],
)
def test_an_invalid_movement_is_refused_and_nothing_changes(staff_client: Client, form_data: dict[str, str], field: str) -> None:
    make_product(sku="L-1", stock=10)
    update_variant("L-1", reserved=4)
    before = dump_catalog()

    response = post_movement(staff_client, "L-1", **form_data)

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert dump_catalog() == before


def test_a_movement_that_the_service_refuses_is_reported(staff_client: Client) -> None:
    make_product(sku="L-1", stock=10)
    sold: list[str] = []

    def sell(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Between the form's validation and the movement, which locks the product first.
        if not sold and sql.startswith("SELECT") and 'FROM "products_product"' in sql:
            sold.append("")
            update_variant("L-1", reserved=9)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(sell):
        page = staff_client.get(post_movement(staff_client, "L-1", delta="-6", reason="damage")["Location"]).content.decode()

    assert ("Not saved: " in page, "was changed successfully" in page) == (True, False)
    assert (get_variant("L-1").stock, sum_movements("L-1")) == (10, 10)


def test_units_down_to_what_is_reserved_may_be_taken(staff_client: Client) -> None:
    make_product(sku="L-1", stock=10)
    update_variant("L-1", reserved=4)

    assert post_movement(staff_client, "L-1", delta="-6", reason="damage").status_code == 302

    assert (get_variant("L-1").stock, sum_movements("L-1")) == (4, 4)


def test_more_than_a_column_holds_is_refused(staff_client: Client) -> None:
    make_product(sku="L-1", stock=10**9)
    post_movement(staff_client, "L-1", delta="1000000000")
    before = dump_catalog()

    post_movement(staff_client, "L-1", delta="1000000000")

    assert dump_catalog() == before


def test_of_one_of_several_variants_only_that_one_moves(staff_client: Client) -> None:
    make_product("Tee", variants=[make_variant("S", stock=1), make_variant("M", stock=2)])

    post_movement(staff_client, "M", delta="5", reason="return")

    assert (list_movements("S"), list_movements("M")) == ([(1, "initial", "")], [(2, "initial", ""), (5, "return", "")])


def test_the_page_changes_nothing_but_the_stock(staff_client: Client) -> None:
    make_product("Mug", sku="M-1")
    make_product("Lamp", sku="L-1", stock=10)
    before = list(Variant.objects.order_by("id").values("sku", "name", "product", "price", "reserved", "is_active"))

    post_movement(staff_client, "L-1", sku="HACKED", stock="99", reserved="7", product="1", name="x", price="1", is_active="")

    assert list(Variant.objects.order_by("id").values("sku", "name", "product", "price", "reserved", "is_active")) == before
    assert get_variant("L-1").stock == 15


def test_nothing_is_added_or_deleted_on_the_page(staff_client: Client) -> None:
    make_product(sku="L-1")
    before = dump_catalog()

    assert staff_client.get(f"{STOCK_PAGE}add/").status_code == 403
    assert staff_client.post(f"{STOCK_PAGE}{get_variant('L-1').pk}/delete/", {"post": "yes"}).status_code == 403
    staff_client.post(STOCK_PAGE, {"action": "delete_selected", "_selected_action": [str(get_variant("L-1").pk)], "post": "yes"})
    assert dump_catalog() == before


def test_what_is_not_for_sale_is_not_listed(staff_client: Client) -> None:
    make_product(sku="OFF", is_active=False)
    before = dump_catalog()

    assert post_movement(staff_client, "OFF").status_code == 302
    assert dump_catalog() == before


def test_the_price_history_is_in_the_currency_of_each_market(staff_client: Client) -> None:
    lamp = make_product(sku="L-1", price="1299.00", prices={"us": "15.50"})
    PriceChange.objects.create(variant=lamp.variants.get(), market="zz", price="7.5")

    page = staff_client.get("/admin/products/pricechange/")

    prices = re.findall(r"field-price_column[^>]*>\s*([^<]*?)\s*<", page.content.decode())
    assert prices == ["7.5", "$15.50", "₹1,299.00"]


@pytest.mark.parametrize("model_name", HISTORY_MODELS)
def test_the_histories_are_read_only(staff_client: Client, model_name: str) -> None:
    make_product(sku="L-1")
    row = (StockMovement if model_name == "stockmovement" else PriceChange)._default_manager.get()
    before = dump_catalog()
    page = f"/admin/products/{model_name}/"

    assert staff_client.get(page, {"q": "L-1"}).context["cl"].result_count == 1
    assert staff_client.get(f"{page}{row.pk}/change/").status_code == 200
    assert staff_client.get(f"{page}add/").status_code == 403
    assert staff_client.post(f"{page}{row.pk}/change/", {"delta": "99", "price": "99"}).status_code == 403
    assert staff_client.post(f"{page}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    staff_client.post(page, {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"})
    assert dump_catalog() == before


def download_csv(staff_client: Client, rows: list[StockMovement]) -> list[list[str]]:
    """Download movements and return the parsed rows."""
    form = {"action": "as_csv", "_selected_action": [str(row.pk) for row in rows]}
    response = staff_client.post("/admin/products/stockmovement/", form)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="stock-movements.csv"'
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


def test_chosen_movements_are_downloaded_oldest_first(staff_client: Client) -> None:
    make_product("Lamp, \u201cbrass\u201d", sku="L-1", stock=10)
    post_movement(staff_client, "L-1", delta="-3", reason="damage", note='Broken, "all" of them', reference="DN 7")
    make_product("Mug", sku="M-1")
    first, second, _ = StockMovement.objects.order_by("id")

    head, *lines = download_csv(staff_client, [second, first])

    assert head == ["id", "at", "sku", "product", "delta", "reason", "note", "reference", "user id"]
    name, user = "Lamp, \u201cbrass\u201d", str(User.objects.get().pk)
    assert lines == [
        [str(first.pk), first.created_at.isoformat(), "L-1", name, "10", "initial", "", "", ""],
        [str(second.pk), second.created_at.isoformat(), "L-1", name, "-3", "damage", 'Broken, "all" of them', "DN 7", user],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "\tx", "\nx", "＝1+1", "＠x", " =1"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_guarded(staff_client: Client, text: str) -> None:
    make_product(f"{text} lamp".strip(), sku="=L", stock=10)
    StockMovement.objects.update(note=text, reference=text)

    _, line = download_csv(staff_client, list(StockMovement.objects.all()))

    assert (line[2], line[6], line[7]) == ("'=L", f"'{text}", f"'{text}")
    assert line[3][0] in ("'", "x")


def test_the_page_needs_a_separate_right(db: None) -> None:
    make_product(sku="L-1")
    user = make_user("clerk@example.com", is_staff=True)
    client = Client()
    client.force_login(user)
    before = dump_catalog()

    assert client.get(STOCK_PAGE).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_stockofvariant"))
    assert client.get(STOCK_PAGE).status_code == 200
    assert post_movement(client, "L-1").status_code == 403
    assert dump_catalog() == before
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_stockofvariant", "change_stockofvariant"]))
    assert post_movement(client, "L-1").status_code == 302
    assert get_variant("L-1").stock == 15
