"""`manage.py import_service_areas`"""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from core.markets import Market
from pricing.models import PriceRules, ServiceArea
from pricing.service_areas.files import read_file
from pricing.tests.zones import make_area
from products.importing.raw_rows import Unreadable

pytestmark = pytest.mark.django_db


def import_areas(tmp_path: Path, content: str | bytes, name: str = "areas.csv", **options: object) -> str:
    """Import a file; return what the command prints."""
    file, out = tmp_path / name, StringIO()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    call_command("import_service_areas", file=file, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def refuse(tmp_path: Path, content: str | bytes, code: int = 1, **options: object) -> list[str]:
    """Import a file that is refused; return the problems with their lines, or else the message."""
    before, file, err = list_areas(), tmp_path / "bad.csv", StringIO()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CommandError) as refusal:
        call_command("import_service_areas", file=file, stderr=err, stdout=StringIO(), **options)
    assert refusal.value.returncode == code
    assert list_areas() == before
    return [line.strip() for line in err.getvalue().splitlines()] or [str(refusal.value).replace(str(file), "FILE")]


def list_areas() -> list[tuple[str, str, str, str, bool, bool, int | None]]:
    """Return the columns of all areas."""
    return list(ServiceArea.objects.values_list("market", "country", "postal_code", "carrier", "prepaid", "cod", "days"))


def test_a_file_becomes_areas_that_limit_the_country(tmp_path: Path) -> None:
    content = "postal_code,carrier,prepaid,cod,days\n411001,Post,yes,no,3\n560001,Post,yes,yes,\n"

    out = import_areas(tmp_path, content)

    assert list_areas() == [
        ("in", "IN", "411001", "Post", True, False, 3),
        ("in", "IN", "560001", "Post", True, True, None),
    ]
    assert PriceRules.objects.get(market="in").delivery["area_countries"] == ["IN"]
    assert out.splitlines() == [
        "  the market delivers only to these postal codes in India, no longer everywhere",
        "2 added, 0 changed, 0 removed, 0 unchanged",
    ]


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    content = "pincode,cod\n411001,Y\n560001,N\n"
    import_areas(tmp_path, content, carrier="Post")
    version = PriceRules.objects.get(market="in").version

    out = import_areas(tmp_path, content, carrier="Post")

    assert out == "0 added, 0 changed, 0 removed, 2 unchanged\n"
    assert PriceRules.objects.get(market="in").version == version


def test_the_file_is_the_whole_list_of_its_carriers_in_its_countries(tmp_path: Path) -> None:
    make_area("411001", cod=True)
    make_area("560001")
    make_area("560001", carrier="Express")
    make_area("94103", country="US")
    make_area("110001", market="us")

    out = import_areas(tmp_path, "pin,cod\n411001,no\n600001,yes\n", carrier="Post")

    assert out == "1 added, 1 changed, 1 removed, 0 unchanged\n"
    assert [(market, country, code, carrier, cod) for market, country, code, carrier, _, cod, _ in list_areas()] == [
        ("in", "IN", "411001", "Post", False),
        ("in", "IN", "560001", "Express", True),
        ("in", "IN", "600001", "Post", True),
        ("in", "US", "94103", "Post", True),
        ("us", "IN", "110001", "Post", True),
    ]


def test_a_file_of_two_carriers_keeps_the_areas_of_one_in_a_country_that_it_names_for_the_other(tmp_path: Path) -> None:
    make_area("94103", country="US")

    out = import_areas(tmp_path, "pin,country,carrier\n411001,IN,Post\n10001,US,Express\n")

    assert out.splitlines()[-1] == "2 added, 0 changed, 0 removed, 0 unchanged"
    assert [row[2] for row in list_areas()] == ["411001", "10001", "94103"]


def test_areas_that_the_file_lacks_can_be_kept(tmp_path: Path) -> None:
    make_area("560001")

    out = import_areas(tmp_path, "pin\n411001\n", carrier="Post", keep=True)

    assert out == "1 added, 0 changed, 0 removed, 0 unchanged\n"
    assert [row[2] for row in list_areas()] == ["411001", "560001"]


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    make_area("560001")
    make_area("411001", cod=False)

    out = import_areas(tmp_path, "pin,cod\n411001,yes\n600001,yes\n", carrier="Post", dry_run=True)

    assert out == "1 added, 1 changed, 1 removed, 0 unchanged (dry run: nothing was written)\n"
    assert [(row[2], row[5]) for row in list_areas()] == [("411001", False), ("560001", True)]


def test_a_carrier_is_found_in_any_spelling(tmp_path: Path) -> None:
    make_area("560001", carrier="Blue Dart")

    import_areas(tmp_path, "pin,carrier\n411001,BLUE  DART\n")

    assert [(row[2], row[3]) for row in list_areas()] == [("411001", "Blue Dart")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("pin,pre_paid,cash,cod,is_oda,remarks\n411001,Y,Y,N,N,\n", (True, False, None)),  # Delhivery
        ("pin,pre_paid,cod,remarks\n411001,Y,Y,Embargo\n", (False, False, None)),
        ("Pincode,City,Pre-paid,Cash,TAT (days),ODA\n411001,Pune,Y,N,4,Y\n", (True, False, 4)),
        ("Pincode;Prepaid Delivery;COD Delivery;TAT\n411001;Y;Y;2-4 days\n", (True, True, 4)),
        ("pincode,active,city_code\n411001,False,PNQ\n", (False, False, None)),  # Ecom Express
        (
            "PinCode,eTailPrePaidAirInbound,eTailPrePaidGroundInbound,eTailCODAirInbound,eTailCODGroundInbound\n411001,No,Yes,No,No\n",
            (True, False, None),
        ),  # Blue Dart
        ("drop_pincode,PREPAID,COD,SLA\n411001,true,FALSE,3.0\n", (True, False, 3)),  # ClickPost
        ("Zip\tserviceable\tcod\n411001\tServiceable\t1\n", (True, True, None)),
        ("pincode,prepaid,estimated_delivery_days\n411001,0,5\n", (False, True, 5)),
    ],
)
def test_the_columns_of_carriers_are_known(tmp_path: Path, content: str, expected: tuple[bool, bool, int | None]) -> None:
    import_areas(tmp_path, content, carrier="Express")

    assert [row[4:] for row in list_areas()] == [expected]


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    out = import_areas(tmp_path, "Pincode,City,ODA\n411001,Pune,Y\n", carrier="Express")

    assert "  columns that are not read: City, ODA\n" in out


def test_the_courier_of_each_line_is_its_carrier(tmp_path: Path) -> None:
    import_areas(tmp_path, "pincode,Courier Name\n411001,Xpress\n411001,\n", carrier="Post")

    assert [row[3] for row in list_areas()] == ["Post", "Xpress"]


@pytest.mark.parametrize(
    "text", ["411001.0", "4.11001E5", "4.11001E+05", "411 001", "411-001", "'411001", '"411,001"', "४११००१", "IN-411001"]
)
def test_a_postal_code_that_a_spreadsheet_has_changed_is_read_where_it_is_certain(tmp_path: Path, text: str) -> None:
    import_areas(tmp_path, f"pincode\n{text}\n")

    assert [row[2] for row in list_areas()] == ["411001"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("4.11E+05", "line 2: digits of the postal code are lost in “4.11E+05”; format the column as text"),
        ("4.110015E5", "line 2: digits of the postal code are lost in “4.110015E5”; format the column as text"),
        (
            "11001",
            "line 2: “11001” is not a postal code of India; if zeros were lost at its beginning, format the column as text",
        ),
        ("41100X", "line 2: “41100X” is not a postal code of India"),
        ("4110011", "line 2: “4110011” is not a postal code of India"),
        ("110", "line 2: “110” is not a postal code of India"),
        (" ,Y", "line 2: the postal code is missing"),
    ],
)
def test_a_postal_code_that_is_not_certain_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert refuse(tmp_path, f"pincode,cod\n{text if ',' in text else text + ',Y'}\n") == [problem]


@pytest.mark.parametrize(("text", "is_known"), [("01001", True), ("1001", False), ("1001.0", False), ("01001-2345", True)])
def test_the_zeros_of_a_zip_code_count(tmp_path: Path, text: str, is_known: bool) -> None:
    content = f"zip\n{text}\n"

    if is_known:
        import_areas(tmp_path, content, country="us")
    else:
        assert "if zeros were lost" in refuse(tmp_path, content, country="us")[0]

    assert [row[1:3] for row in list_areas()] == ([("US", "01001")] if is_known else [])


def test_all_problems_are_named_with_their_lines(tmp_path: Path) -> None:
    make_area("560001")
    lines = ["411001,India,maybe,3", "411002,Narnia,Y,3", "411003,IN,,3", "411004,IN,Y,soon", "411005,IN,Y,3", "411005,IN,N,3"]
    content = "\n".join(["pincode,country,cod,days", *lines])

    assert refuse(tmp_path, content, carrier="Post") == [
        "line 2: cod must be yes or no, not “maybe”",
        "line 3: “Narnia” is not a country",
        "line 4: cod is empty; write yes or no",
        "line 5: days must be a whole number from 0 to 365, not “soon”",
        "line 7: 411005 is already in line 6, which says something else",
    ]


def test_a_list_for_another_market_names_its_first_problems(tmp_path: Path) -> None:
    content = "\n".join(["pincode", *(str(411_001 + number) for number in range(50))])

    problems = refuse(tmp_path, content, market="us")

    expected = [f"line {number + 2}: “{411_001 + number}” is not a postal code of United States of America" for number in range(20)]
    assert problems == [*expected, "… and 30 more"]


def test_twenty_problems_are_all_named(tmp_path: Path) -> None:
    problems = refuse(tmp_path, "pincode\n" + "4711X\n" * 20)

    assert problems == [f"line {number}: “4711X” is not a postal code of India" for number in range(2, 22)]


def test_staff_hear_of_areas_without_a_carrier(tmp_path: Path) -> None:
    content = "pin,carrier\n411001,\n560001,Post\n"

    out = import_areas(tmp_path, content)

    assert "  1 area(s) have no carrier; a file with a carrier will not replace them\n" in out


def test_a_line_of_another_market_is_refused(tmp_path: Path) -> None:
    content = "market,country,pincode\nIN,IN,411001\nus,US,94103\n"

    assert refuse(tmp_path, content) == ["line 3: this line is for market us; import it with that market"]


def test_a_line_that_repeats_another_is_counted_once(tmp_path: Path) -> None:
    out = import_areas(tmp_path, "pincode,city,cod\n411001,Pune,Y\n411001,Pune Camp,Y\n")

    assert "  1 line(s) repeat earlier ones\n" in out
    assert [row[2] for row in list_areas()] == ["411001"]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffPincode;Ort\n411001;Köln\n".encode(),
        "Pincode\tOrt\n411001\tKöln\n".encode("utf-16"),
        "Pincode,Ort\r\n411001,Köln\r\n".encode("cp1252"),
        b"sep=;\nPincode;City\n411001;Pune\n",
        b"Serviceable pincodes,\n,\nPincode,City\n411001,Pune\n",
    ],
)
def test_a_file_is_read_as_spreadsheets_save_it(tmp_path: Path, content: bytes) -> None:
    import_areas(tmp_path, content)

    assert [row[2] for row in list_areas()] == ["411001"]


def test_a_workbook_is_read(tmp_path: Path) -> None:
    book, file = Workbook(), tmp_path / "areas.xlsx"
    sheet = book.active
    assert sheet is not None
    for row in (["Pincode", "COD", "TAT"], [411001, "Y", 3], ["560001", False, 2.0]):
        sheet.append(row)
    book.save(file)

    call_command("import_service_areas", file=file, stdout=StringIO())

    assert [(row[2], row[5], row[6]) for row in list_areas()] == [("411001", True, 3), ("560001", False, 2)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "FILE must begin with a line of column names, including postal_code, pincode, pin, zip or postcode"),
        ("city,cod\nPune,Y\n", "FILE must begin with a line of column names, including postal_code, pincode, pin, zip or postcode"),
        ("pincode,cod\n", "the file has no rows"),
        ("pincode,cod\n ,\n", "the file has no rows"),
        ("pincode,cod,COD\n411001,Y,N\n", "the file has the column cod twice; keep one of the two"),
    ],
)
def test_a_file_without_a_list_is_refused(tmp_path: Path, content: str, message: str) -> None:
    make_area("560001")

    assert refuse(tmp_path, content, code=2) == [message]


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file") as refusal:
        call_command("import_service_areas", file=tmp_path / "none.csv")

    assert refusal.value.returncode == 2


def test_a_country_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path, "pin\n411001\n", code=2, country="Narnia") == ["--country 'Narnia' is not a country"]


def test_twenty_thousand_areas_take_a_constant_number_of_statements_for_each_batch(tmp_path: Path) -> None:
    rows = [f"{number},Y,{'YN'[number % 2]},3" for number in range(400_000, 420_000)]

    with CaptureQueriesContext(
        connection,
    ) as queries:
        import_areas(tmp_path, "\n".join(["pincode,prepaid,cod,days", *rows]), carrier="Post")

    inserts = [query["sql"] for query in queries if "INSERT" in query["sql"] and "servicearea" in query["sql"]]
    assert ServiceArea.objects.count() == 20_000
    assert len(queries) - len(inserts) <= 20
    assert len(inserts) <= 200


def test_the_name_of_a_carrier_has_a_limit(tmp_path: Path) -> None:
    name = "P" * 61

    assert refuse(tmp_path, f"pin,carrier\n411001,{name}\n") == ["line 2: the name of the carrier is longer than 60 characters"]


def test_a_market_that_is_no_country_needs_one(tmp_path: Path) -> None:
    file = tmp_path / "areas.csv"
    file.write_text("pin\n411001\n")

    with pytest.raises(Unreadable, match="country"):
        read_file(file, Market("eu", "EUR", is_default=False))


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert refuse(tmp_path, 'pin,carrier\n411001,"Post\n411002,Post\n') == ["line 2: the quotation mark in line 2 is not closed"]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path, "pin\n".encode("utf-16") + b"\0", code=2) == ["FILE is not text; save the sheet as CSV UTF-8"]
