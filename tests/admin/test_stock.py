"""/admin/products/stockofvariant/: the stock desk; and the books of stock and prices."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user
from products.models import Listing, PriceChange, StockMovement, Variant
from products.tests.editors import catalog, movements, on_record, variant
from products.tests.factories import change, change_variant, make_product, make_variant

pytestmark = pytest.mark.django_db
DESK = "/admin/products/stockofvariant/"
BOOKS = ["stockmovement", "pricechange"]


@pytest.fixture
def staff(db: None) -> Client:
    """A browser in which staff are signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def shown(staff: Client, **query: str) -> list[str]:
    """Return the SKUs that the desk lists, in its order."""
    page = staff.get(DESK, query)
    assert page.status_code == 200
    return [row.sku for row in page.context["cl"].result_list]


def moved(staff: Client, sku: str, /, **given: str) -> Any:
    """Send the desk's form for a SKU as a browser would."""
    form = {"delta": "5", "reason": "received", "note": "", "reference": "", **given}
    return staff.post(f"{DESK}{variant(sku).pk}/change/", form)


def make_shelf() -> None:
    """Make a product of which 6 are left, one of which 5 are, one that is sold out, and three that are not for sale."""
    make_product("Lamp", sku="SIX", stock=10)
    change_variant("SIX", reserved=4)
    make_product("Mug", sku="FIVE", stock=9)
    change_variant("FIVE", reserved=4)
    make_product("Pot", sku="NONE", stock=3)
    change_variant("NONE", reserved=3)
    make_product("Off", sku="OFF", stock=0, is_active=False)
    make_product("Jug", variants=[make_variant("SHOWN", stock=99), make_variant("HIDDEN", stock=0)])
    change_variant("HIDDEN", is_active=False)


def test_the_desk_lists_what_is_for_sale_the_scarcest_first(staff: Client) -> None:
    make_shelf()

    assert shown(staff) == ["NONE", "FIVE", "SIX", "SHOWN"]


@pytest.mark.parametrize(("level", "skus"), [("low", ["NONE", "FIVE"]), ("out", ["NONE"])])
def test_low_and_sold_out_count_what_can_be_bought(staff: Client, level: str, skus: list[str]) -> None:
    make_shelf()

    assert shown(staff, level=level) == skus


def test_low_is_what_the_product_calls_low(staff: Client) -> None:
    change(make_product("Lamp", sku="L-1", stock=8), low_stock_threshold=8)
    change(make_product("Mug", sku="M-1", stock=1), low_stock_threshold=0)

    assert shown(staff, level="low") == ["L-1"]


@pytest.mark.parametrize(("words", "skus"), [("five", ["FIVE"]), ("Lamp", ["SIX"]), ("%", []), ("nothing", [])])
def test_the_desk_is_searched_by_sku_and_product(staff: Client, words: str, skus: list[str]) -> None:
    make_shelf()

    assert shown(staff, q=words) == skus


def test_a_movement_is_written_with_its_reason_note_and_reference(staff: Client) -> None:
    make_product(sku="L-1", stock=0, prices={"us": "2.00"})

    response = moved(staff, "L-1", delta="12", reason="received", note="Two boxes", reference="DN 7")

    assert (response.status_code, response["Location"]) == (302, DESK)
    made = StockMovement.objects.get()
    assert (made.delta, made.reason, made.note, made.reference, str(made.user)) == (
        *(12, "received", "Two boxes", "DN 7"),
        "staff@example.com",
    )
    assert variant("L-1").stock == 12
    assert list(Listing.objects.values_list("in_stock", flat=True)) == [True, True]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        *(({"delta": value}, "delta") for value in ("0", "", "1.5", "a", "1000000001", "-7", "-1000000000")),
        *(({"reason": value}, "reason") for value in ("", "sale", "initial", "import", "nonsense")),
        *(({"note": "x" * 201}, "note"), ({"reference": "x" * 65}, "reference")),
    ],
)
def test_a_movement_that_cannot_be_is_told_and_nothing_changes(staff: Client, given: dict[str, str], field: str) -> None:
    make_product(sku="L-1", stock=10)
    change_variant("L-1", reserved=4)
    before = catalog()

    response = moved(staff, "L-1", **given)

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert catalog() == before


def test_a_movement_that_is_refused_in_the_last_moment_is_told_as_refused(staff: Client) -> None:
    make_product(sku="L-1", stock=10)
    sold: list[str] = []

    def sell(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Between the page's own check and the movement, which locks the product first.
        if not sold and sql.startswith("SELECT") and 'FROM "products_product"' in sql:
            sold.append("")
            change_variant("L-1", reserved=9)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(sell):
        page = staff.get(moved(staff, "L-1", delta="-6", reason="damage")["Location"]).content.decode()

    assert ("Not saved: " in page, "was changed successfully" in page) == (True, False)
    assert (variant("L-1").stock, on_record("L-1")) == (10, 10)


def test_units_down_to_what_is_reserved_may_be_taken(staff: Client) -> None:
    make_product(sku="L-1", stock=10)
    change_variant("L-1", reserved=4)

    assert moved(staff, "L-1", delta="-6", reason="damage").status_code == 302

    assert (variant("L-1").stock, on_record("L-1")) == (4, 4)


def test_more_than_a_column_holds_is_told(staff: Client) -> None:
    make_product(sku="L-1", stock=10**9)
    moved(staff, "L-1", delta="1000000000")
    before = catalog()

    moved(staff, "L-1", delta="1000000000")

    assert catalog() == before


def test_of_one_of_several_variants_only_that_one_moves(staff: Client) -> None:
    make_product("Tee", variants=[make_variant("S", stock=1), make_variant("M", stock=2)])

    moved(staff, "M", delta="5", reason="return")

    assert (movements("S"), movements("M")) == ([(1, "initial", "")], [(2, "initial", ""), (5, "return", "")])


def test_the_desk_changes_nothing_but_the_stock(staff: Client) -> None:
    make_product("Mug", sku="M-1")
    make_product("Lamp", sku="L-1", stock=10)
    before = list(Variant.objects.order_by("id").values("sku", "name", "product", "price", "reserved", "is_active"))

    moved(staff, "L-1", sku="HACKED", stock="99", reserved="7", product="1", name="x", price="1", is_active="")

    assert list(Variant.objects.order_by("id").values("sku", "name", "product", "price", "reserved", "is_active")) == before
    assert variant("L-1").stock == 15


def test_nothing_is_added_or_deleted_at_the_desk(staff: Client) -> None:
    make_product(sku="L-1")
    before = catalog()

    assert staff.get(f"{DESK}add/").status_code == 403
    assert staff.post(f"{DESK}{variant('L-1').pk}/delete/", {"post": "yes"}).status_code == 403
    staff.post(DESK, {"action": "delete_selected", "_selected_action": [str(variant("L-1").pk)], "post": "yes"})
    assert catalog() == before


def test_what_is_not_for_sale_is_not_at_the_desk(staff: Client) -> None:
    make_product(sku="OFF", is_active=False)
    before = catalog()

    assert moved(staff, "OFF").status_code == 302
    assert catalog() == before


@pytest.mark.parametrize("book", BOOKS)
def test_the_books_are_read_alone(staff: Client, book: str) -> None:
    make_product(sku="L-1")
    row = (StockMovement if book == "stockmovement" else PriceChange)._default_manager.get()
    before = catalog()
    page = f"/admin/products/{book}/"

    assert staff.get(page, {"q": "L-1"}).context["cl"].result_count == 1
    assert staff.get(f"{page}{row.pk}/change/").status_code == 200
    assert staff.get(f"{page}add/").status_code == 403
    assert staff.post(f"{page}{row.pk}/change/", {"delta": "99", "price": "99"}).status_code == 403
    assert staff.post(f"{page}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    staff.post(page, {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"})
    assert catalog() == before


def download(staff: Client, rows: list[StockMovement]) -> list[list[str]]:
    """Download movements and read the file."""
    form = {"action": "as_csv", "_selected_action": [str(row.pk) for row in rows]}
    response = staff.post("/admin/products/stockmovement/", form)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="stock-movements.csv"'
    return list(csv.reader(StringIO(b"".join(response.streaming_content).decode())))  # type: ignore[attr-defined]


def test_chosen_movements_are_downloaded_oldest_first(staff: Client) -> None:
    make_product("Lamp, \u201cbrass\u201d", sku="L-1", stock=10)
    moved(staff, "L-1", delta="-3", reason="damage", note='Broken, "all" of them', reference="DN 7")
    make_product("Mug", sku="M-1")
    first, second, _ = StockMovement.objects.order_by("id")

    head, *lines = download(staff, [second, first])

    assert head == ["id", "at", "sku", "product", "delta", "reason", "note", "reference", "user id"]
    name, user = "Lamp, \u201cbrass\u201d", str(User.objects.get().pk)
    assert lines == [
        [str(first.pk), first.created_at.isoformat(), "L-1", name, "10", "initial", "", "", ""],
        [str(second.pk), second.created_at.isoformat(), "L-1", name, "-3", "damage", 'Broken, "all" of them', "DN 7", user],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "\tx"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_guarded(staff: Client, text: str) -> None:
    make_product(f"{text} lamp".strip(), sku="=L", stock=10)
    StockMovement.objects.update(note=text, reference=text)

    _, line = download(staff, list(StockMovement.objects.all()))

    assert (line[2], line[6], line[7]) == ("'=L", f"'{text}", f"'{text}")
    assert line[3][0] in ("'", "x")


def test_the_desk_needs_its_own_right(db: None) -> None:
    make_product(sku="L-1")
    user = make_user("clerk@example.com", is_staff=True)
    client = Client()
    client.force_login(user)
    before = catalog()

    assert client.get(DESK).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_stockofvariant"))
    assert client.get(DESK).status_code == 200
    assert moved(client, "L-1").status_code == 403
    assert catalog() == before
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_stockofvariant", "change_stockofvariant"]))
    assert moved(client, "L-1").status_code == 302
    assert variant("L-1").stock == 15
