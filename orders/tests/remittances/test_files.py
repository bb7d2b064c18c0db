"""Carriers' files of payments: columns, numbers, amounts and currencies. No amount is guessed"""

from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from orders.models import Order, Shipment
from orders.remittances.files import Sheet, read_file
from orders.remittances.matching import Names, find_parcels
from orders.tests.remittances.remittances import build_draft, make_lamp, make_parcel
from products.importing.raw_rows import Unreadable

pytestmark = pytest.mark.django_db


def list_amounts(folder: Path, content: str | bytes, **options: str) -> list[int | None]:
    """Return the amounts of a file, in minor units."""
    return [line.paid_minor for line in build_draft(folder, content, **options).lines]


@pytest.mark.parametrize(
    "header",
    [
        "tracking_number,amount_paid",
        "AWB No.,COD Amount",
        "Waybill;Remitted Amount",
        "Order ID\tAmount",
        "Docket Number|Paid",
        "Parcel,paid",
    ],
)
def test_columns_have_the_names_that_carriers_use(header: str, tmp_path: Path) -> None:
    separator = next(sign for sign in ",;\t|" if sign in header)

    draft = build_draft(tmp_path, f"Payment of November\n\n{header}\nX1{separator}12.50\n")

    assert [(max(line.names), line.paid_minor, line.row) for line in draft.lines] == [("X1", 1250, 4)]


def test_what_was_paid_precedes_what_was_due(tmp_path: Path) -> None:
    sheet = read_file_of(tmp_path, "COD Amount,AWB,Amount Paid,City\n20,X1,15,Pune\n")

    assert (sheet.amount_column, sheet.rows[0].paid, list(sheet.unread)) == ("Amount Paid", "15", ["COD Amount", "City"])


def read_file_of(folder: Path, content: str) -> Sheet:
    """Return the sheet in a CSV file."""
    file = folder / "file.csv"
    file.write_text(content)
    return read_file(file)


@pytest.mark.parametrize(
    ("currency", "cells", "expected"),
    [
        ("INR", ["1,29,900.00", "₹ 499/-", "Rs. 20", "20.5", "'30"], [12990000, 49900, 2000, 2050, 3000]),
        ("INR", ["1.299,00", "1.299", "20,5"], [129900, 129900, 2050]),
        ("INR", ["1.299", "20"], [None, 2000]),
        ("INR", ["20.555", "$5", "(20)", "", "1e3", "--1", "1 or 2", "-3.00"], [None, None, None, None, 100000, None, None, -300]),
        ("INR", ["1٬299٫50", "१२.५०"], [129950, 1250]),
        ("JPY", ["1,500", "1.500", "¥20"], [1500, 1500, 20]),
        ("JPY", ["1.500", "20.5"], [None, None]),
        ("KWD", ["1.500", "1,500", "1,500.250", "KWD 2"], [1500, 1500000, 1500250, 2000]),
        ("KWD", ["1.500", "1,500"], [1500, None]),
        ("KWD", ["1,5005", "2,25", "3,500"], [None, 2250, 3500]),
    ],
)
def test_amounts_are_read_with_the_digits_of_their_currency(
    currency: str, cells: list[str], expected: list[int | None], tmp_path: Path
) -> None:
    content = "awb\tamount\n" + "".join(f"X{number}\t{cell}\n" for number, cell in enumerate(cells))

    assert list_amounts(tmp_path, content, currency=currency) == expected


def test_the_amounts_of_a_workbook_have_a_decimal_point(tmp_path: Path) -> None:
    workbook, stream = openpyxl.Workbook(), BytesIO()
    sheet: Any = workbook.active
    for row in (["AWB", "Amount"], [123456789012, 1299.5], ["00123", "20,25"], ["X3", 1.25]):
        sheet.append(row)
    workbook.save(stream)

    draft = build_draft(tmp_path, stream.getvalue(), name="file.xlsx")

    assert [(line.tracking_number, line.paid_minor) for line in draft.lines] == [
        ("123456789012", 129950),
        ("00123", 2025),
        ("X3", 125),
    ]


def test_numbers_are_found_as_spreadsheets_write_them(tmp_path: Path) -> None:
    draft = build_draft(tmp_path, 'awb,amount\n"=""00123""",1\n\'00124,1\n" ab  12 ",1\n')

    assert [line.tracking_number for line in draft.lines] == ["00123", "00124", "ab 12"]


@pytest.mark.parametrize("name", ["{}", " {} ", "#{}", "{}.0"])
def test_parcels_are_found_whatever_the_case_and_the_spaces(name: str, tmp_path: Path) -> None:
    parcel = make_parcel(make_lamp())
    Shipment.objects.filter(pk=parcel.pk).update(tracking_number="Ab 12 34")
    number = parcel.order.number
    names = [Names(name.format("AB1234"), ""), Names(name.format("ab12 34"), ""), Names("", name.format(number.lower()))]
    names += [Names("unknown", name.format(f"{number}-1")), Names(name.format(number), "")]

    found = find_parcels("post", names)

    assert {row: getattr(found[row], "pk", found[row]) for row in names} == dict.fromkeys(names, parcel.pk)


def test_a_number_that_a_carrier_uses_again_means_the_parcel_that_is_not_paid(tmp_path: Path) -> None:
    lamp = make_lamp()
    old, new = make_parcel(lamp), make_parcel(lamp, "bob@example.com")
    Shipment.objects.update(tracking_number="X1")
    names = Names("X1", "")
    both = find_parcels("Post", [names])[names]
    Shipment.objects.filter(pk=old.pk).update(remitted_minor=2000)

    assert both == f"it may mean parcels {old.label}, {new.label}; name one of them"
    assert find_parcels("Post", [names])[names] == new
    contradiction = Names("X1", old.order.number)
    assert (
        find_parcels("Post", [contradiction])[contradiction] == f"its numbers mean two orders: parcels {new.label} and {old.label}"
    )


def test_a_parcel_that_two_spellings_mean_is_one_parcel() -> None:
    parcel = make_parcel(make_lamp())
    Shipment.objects.filter(pk=parcel.pk).update(tracking_number="#X1")
    names = Names("X1", "")

    found = find_parcels("Post", [names, Names("##X1", "")])  # each finds it, in a search of its own

    assert found[names] == parcel


def test_an_amount_beyond_any_payment_is_not_read(tmp_path: Path) -> None:
    draft = build_draft(tmp_path, "awb,amount\nX1,10000000000000.00\nX2,10000000000000.01\nX3,-10000000000000.01\n")

    assert [(line.paid_minor, line.problem) for line in draft.lines] == [
        (10**15, ""),
        (None, "the amount “10000000000000.01” is too large"),
        (None, "the amount “-10000000000000.01” is too large"),
    ]


def test_a_sum_below_the_rows_is_left_out_only_if_it_is_one(tmp_path: Path) -> None:
    rows = "awb,amount\nX1,1.00\nX2,2.00\n"

    assert list_amounts(tmp_path, f"{rows}Total,3.00\n") == [100, 200]
    assert list_amounts(tmp_path, f"{rows},3.00\n") == [100, 200]
    assert list_amounts(tmp_path, f"{rows}Total,3.01\n") == [100, 200, 301]
    assert list_amounts(tmp_path, f"{rows}X3,3.00\n") == [100, 200, 300]


def test_the_currency_is_that_of_the_file_or_of_the_parcels(tmp_path: Path) -> None:
    parcel = make_parcel(make_lamp())
    Order.objects.filter(pk=parcel.order_id).update(currency="KWD")
    row = f"{parcel.tracking_number},2.5"

    drafts = [
        build_draft(tmp_path, f"awb,amount\n{row}\n"),
        build_draft(tmp_path, f"awb,amount,currency\n{row},jpy\n"),
        build_draft(tmp_path, f"awb,amount\n{parcel.tracking_number},€2.5\n"),
        build_draft(tmp_path, "awb,amount\nX1,2.5\n"),
        build_draft(tmp_path, f"awb,amount,currency\n{row},EUR\n", currency="INR"),
    ]

    assert [(draft.currency, draft.lines[0].paid_minor) for draft in drafts] == [
        ("KWD", 2500),
        ("JPY", None),
        ("EUR", 250),
        ("INR", 250),
        ("INR", None),
    ]
    assert drafts[-1].lines[0].problem == "“2.5” is in “EUR”, not in INR"


def test_charges_are_a_column_or_a_total(tmp_path: Path) -> None:
    content = "awb,amount,charges\nX1,1.00,0.50\nX2,2.00,\nX3,1.00,1.25\n"

    drafts = [
        build_draft(tmp_path, content),
        build_draft(tmp_path, content, charges="9,75"),
        build_draft(tmp_path, "awb,amount\nX,1\n"),
    ]

    assert [draft.charges_minor for draft in drafts] == [175, 975, None]
    for charges in ("many", "-1", "1.2345"):
        with pytest.raises(Unreadable):
            build_draft(tmp_path, content, charges=charges)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"awb\nX\n",
        b"amount\n1\n",
        b"awb,amount\n",
        b"\xff\xfe\x00",
        b"PK\x03\x04",
        b"\x00" * 50,
        b"%PDF-1.4\n1 0 obj",
        b"{}",
    ],
)
def test_a_file_that_is_no_table_cannot_be_read(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        build_draft(tmp_path, content)


def test_damaged_rows_are_kept_with_their_problem(tmp_path: Path) -> None:
    draft = build_draft(tmp_path, 'awb,amount\nX1,1.00\n"X2,2.00\nX3,3.00\nX4\n')

    assert [(line.row, line.paid_minor) for line in draft.lines] == [(2, 100), (3, None), (4, 300), (5, None)]
    assert [bool(line.problem) for line in draft.lines] == [False, True, False, True]


def test_other_encodings_are_read(tmp_path: Path) -> None:
    content = "Sendungsnr;Tracking Number;Amount\nÄ;ü1;1,50\n"

    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        assert list_amounts(tmp_path, content.encode(encoding)) == [150]
