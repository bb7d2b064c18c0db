"""`manage.py import_products`: files that a spreadsheet program or a hurried author has made"""

import time
import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from products.importing.sources import Source
from products.models import Category, Product, Variant
from products.tests.import_file import PRICES, import_csv, import_rows, make_row, run_import

pytestmark = [pytest.mark.django_db, pytest.mark.once]
GUESSED = "  note: the text was read as {}, which is a guess; if letters are wrong, choose its encoding (--encoding)"
CREATED = "1 created, 0 changed, 0 unchanged, 0 failed"
BOWL = "sku,name,price,stock\r\nCAF-1,Café crème bowl – 300 ml,9.50,4\r\n"


@pytest.mark.parametrize(
    "content",
    [
        BOWL.encode(),
        BOWL.encode("utf-8-sig"),
        BOWL.replace(",", "\t").encode("utf-16"),
        BOWL.replace(",", "\t").encode("utf-16-le"),
        b"\xff\xfe" + BOWL.encode("utf-16-le"),
        ("\r\n" + BOWL).encode(),
        ("Price list 2026,,,\r\n\r\n" + BOWL).encode(),
        ("sep=;\r\n" + BOWL.replace(",", ";")).encode("utf-8-sig"),
        ('"sep=,"\r\n' + BOWL).encode(),
        BOWL.replace("\r\n", "\r").encode(),
        BOWL.replace(",", " , ").encode(),
    ],
)
def test_the_form_of_a_table_does_not_matter(tmp_path: Path, content: bytes) -> None:
    assert import_csv(tmp_path, content).output == [CREATED]

    assert list(Variant.objects.values_list("product__name", "price", "stock")) == [("Café crème bowl – 300 ml", Decimal("9.5"), 4)]


@pytest.mark.parametrize(
    ("encoding", "line_end", "title"), [("cp1252", "\r\n", "Windows-1252 (Western European)"), ("mac_roman", "\r", "Mac Roman")]
)
def test_a_text_in_an_old_encoding_is_read_and_named(tmp_path: Path, encoding: str, line_end: str, title: str) -> None:
    result = import_csv(tmp_path, BOWL.replace("\r\n", line_end).encode(encoding))

    assert result.output == [GUESSED.format(title), CREATED]
    assert Product.objects.get().name == "Café crème bowl – 300 ml"


@pytest.mark.parametrize("suffix", ["txt", "tsv", "dat"])
def test_the_ending_of_the_name_does_not_matter(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"products.{suffix}"
    file.write_text(BOWL.replace(",", "\t"), encoding="utf-8")

    assert run_import(file).output == [CREATED]


@pytest.mark.parametrize(
    "text", ['[{"sku": "A", "name": "Lamp", "price": 1}]', ' {"products": [{"sku": "A", "name": "Lamp", "price": 1}]}']
)
def test_json_is_recognised_without_its_ending(tmp_path: Path, text: str) -> None:
    (tmp_path / "products.dat").write_text(text)

    assert run_import(tmp_path / "products.dat").output == [CREATED]


def test_a_file_with_an_object_in_each_line_is_read(tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text(
        '{"sku": "A", "name": "Lamp", "price": 1.50}\n\n{"sku": "B",\n{"sku": "C", "name": "Tee", "price": "2"}\n'
    )

    result = run_import(tmp_path / "lines.jsonl")

    assert result.output == ["2 created, 0 changed, 0 unchanged, 1 failed"]
    assert result.errors[0] == "  row 3 (?): line 3 is not valid JSON"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('24" monitor', '24" monitor'),
        (r'"27\" monitor"', '27" monitor'),
        ('"27"" monitor" wide', '27" monitor wide'),
        ('"27" monitor"', '27" monitor'),
        ('  "Small, and red"  ', "Small, and red"),
        ('"Tee ""Ona"""', 'Tee "Ona"'),
        ('"Two\nlines"', "Two lines"),
    ],
)
def test_a_stray_quote_costs_nothing(tmp_path: Path, cell: str, name: str) -> None:
    result = import_csv(tmp_path, f"sku,name,price\nA,Before,1\nB,{cell},2\nC,After,3\n")

    assert result.output == ["3 created, 0 changed, 0 unchanged, 0 failed"]
    assert list(Product.objects.order_by("pk").values_list("name", flat=True)) == ["Before", name, "After"]


@pytest.mark.parametrize("rest", ["", 'D,"Quoted, later",4\n', 'D,24" wide,4\nE,"x",5\n'])
def test_a_quote_that_is_not_closed_costs_its_own_record_alone(tmp_path: Path, rest: str) -> None:
    result = import_csv(tmp_path, f'sku,name,price\nA,Before,1\nB,"27 inch,2\nC,After,3\n{rest}')

    assert result.errors[0] == "  row 3 (27 inch): the quotation mark in line 3 is not closed"
    assert set(Variant.objects.values_list("sku", flat=True)) == {"A", "C", *(line[0] for line in rest.splitlines())}


def test_a_lost_record_does_not_take_its_product_off_sale(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"), make_row("C"))

    import_csv(tmp_path, 'sku,name,price\nA,Lamp,1\nB,"27 inch,2\n', deactivate_missing=True)

    assert dict(Variant.objects.values_list("sku", "product__is_active")) == {"A": True, "B": True, "C": False}


def test_a_sku_is_cleaned_of_what_cannot_be_seen(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price\nA\u200bB,Zero width,5\nA\u00a0C,No break,5\n00123,Zeros,5\n")

    assert list(Variant.objects.order_by("pk").values_list("sku", flat=True)) == ["AB", "A C", "00123"]


@pytest.mark.parametrize("sku", ["1.23457E+12", "1,23457E+12", "#REF!", "#N/A", "#name?"])
def test_a_sku_that_a_spreadsheet_program_has_damaged_is_refused(tmp_path: Path, sku: str) -> None:
    result = import_csv(tmp_path, f'sku,name,price\n"{sku}",Lamp,5\n')

    reason = f"sku {sku} was damaged by a spreadsheet program; format the column as text and enter it again"
    assert result.errors[0] == f"  row 2 (Lamp): {reason}"
    assert not Product.objects.exists()


def test_a_sku_that_looks_like_a_date_is_named(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price\nMar-04,Lamp,5\n")

    assert result.output == ["  note: the SKU looks like a date that a spreadsheet program made of it (row 2)", CREATED]


def test_names_and_categories_are_on_one_line(tmp_path: Path) -> None:
    import_csv(tmp_path, 'sku,name,price,category\nA,"Desk\nlamp",5,"Gear\r\nBags > Small\nones"\n')

    assert Product.objects.get().name == "Desk lamp"
    assert list(Category.objects.order_by("pk").values_list("name", flat=True)) == ["Gear Bags", "Small ones"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Cable <USB-C>", "Cable <USB-C>"), ("Salt &amp; <b>Pepper</b>", "Salt & Pepper"), ("A<br>B", "A B"), ("a <3 b", "a <3 b")],
)
def test_a_name_is_no_html(tmp_path: Path, name: str, expected: str) -> None:
    import_csv(tmp_path, f"sku,name,price\nA,{name},5\n")

    assert Product.objects.get().name == expected


def test_an_alt_that_is_null_is_absent(tmp_path: Path) -> None:
    result = import_rows(tmp_path, make_row(images=[{"src": "gone.png", "alt": None}]))

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]


def write_workbook(file: Path, *rows: list[object]) -> Path:
    """Write a workbook whose first sheet is a cover."""
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].append(["Prices of November"])
    sheet = workbook.create_sheet("Products")
    for row in rows:
        sheet.append(row)
    sheet["A4"].number_format = "00000"
    workbook.save(file)
    return file


def test_a_workbook_is_read(tmp_path: Path) -> None:
    file = write_workbook(
        tmp_path / "products.xlsx",
        ["Our products"],
        ["SKU", "Name", "Price", "Stock", "Active", "Note", None],
        ["A", "Café – Lampe", 19.99, 4, True, date(2026, 11, 29)],
        [123, "Zeros", 1299, 12.0, "no", "x"],
        [4006381333931.0, "Barcode", 5, None, None],
    )

    first, second = run_import(file), run_import(file)

    assert first.output == ["Not read: Note.", "3 created, 0 changed, 0 unchanged, 0 failed"]
    assert second.output[-1] == "0 created, 0 changed, 3 unchanged, 0 failed"
    assert list(Variant.objects.order_by("pk").values_list("sku", "product__name", "price", "stock", "product__is_active")) == [
        ("A", "Café – Lampe", Decimal("19.99"), 4, True),
        ("00123", "Zeros", Decimal(1299), 12, False),
        ("4006381333931", "Barcode", Decimal(5), 0, True),
    ]


def test_a_workbook_without_a_table_is_refused(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "products.xlsx", ["Name", "Price"], ["Lamp", 5], ["Tee", 6])

    result = run_import(file)

    reason = "must begin with a line of column names, including sku; a column with another name can be renamed, such as Artikel=sku"
    assert result == (2, [], [f"{file} {reason}"])


def test_a_number_of_a_workbook_is_read_beside_texts_with_a_decimal_comma(tmp_path: Path) -> None:
    file = write_workbook(
        tmp_path / "products.xlsx",
        ["sku", "name", "price", "stock"],
        ["A", "Lamp", "1.299,00", 1],
        ["B", "Tee", 9.5, 2],
        ["C", "Bag", "9,50", 3],
        ["D", "Mug", 0.125, 4],
    )

    result = run_import(file)

    assert result.errors[0] == "  row 5 (Mug): price INR has 2 decimal places: '0.125'"
    prices = dict(Variant.objects.values_list("sku", "price"))
    assert prices == {"A": Decimal(1299), "B": Decimal("9.5"), "C": Decimal("9.5")}


def test_a_file_of_which_only_the_skus_are_read_is_noted(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row())

    result = import_csv(tmp_path, "sku;Anzahl\nLMP-1;17\n")

    assert result.output == [
        "Not read: Anzahl.",
        "  note: only the SKUs are read, so nothing changes; columns with other names can be renamed, such as Bestand=stock",
        "0 created, 0 changed, 1 unchanged, 0 failed",
    ]
    assert import_csv(tmp_path, "sku;Anzahl\nLMP-1;17\n", map="Anzahl=stock").output == [
        "0 created, 1 changed, 0 unchanged, 0 failed"
    ]


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    stream = BytesIO()
    openpyxl.Workbook().save(stream)
    (tmp_path / "products.xlsx").write_bytes(stream.getvalue()[:-200])

    result = run_import(tmp_path / "products.xlsx")

    assert result.code == 2
    assert "save the table as .xlsx or CSV UTF-8" in result.errors[-1]


def test_without_a_terminal_every_ten_thousand_rows_are_a_line(tmp_path: Path) -> None:
    lines = "".join(f"{number},1\n" for number in range(10_100))

    result = import_csv(tmp_path, "sku,stock\n" + lines, dry_run=True)

    assert result.errors[0] == "  10000 of 10100 rows"
    assert sum(line.endswith("of 10100 rows") for line in result.errors) == 1


def test_the_report_has_a_line_for_each_note(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"

    import_csv(tmp_path, "id,name,price,stock,colour\nA,Lamp,0,-3,red\nB,Tee,x,1,\n", report=report)

    assert report.read_text(encoding="utf-8-sig").splitlines() == [
        "row,sku,name,kind,text",
        f',,,note,"{PRICES}"',
        ",,,note,Not read: colour.",
        "2,A,Lamp,note,the column id was taken as the SKU",
        '2,A,Lamp,note,"stock is below 0, so it was set to 0"',
        "2,A,Lamp,note,all its prices are 0",
        "3,B,Tee,problem,price must be an amount like 19.99: 'x'",
    ]


def test_an_archive_that_is_damaged_inside_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "products.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")

    result = run_import(tmp_path / "products.xlsx")

    assert result.errors == [f"{tmp_path}/products.xlsx is not a workbook that can be read; save it as .xlsx or CSV UTF-8"]


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.importing.workbooks.MAX_UNPACKED", 100)

    result = run_import(write_workbook(tmp_path / "products.xlsx", ["sku", "name"]))

    assert result.errors == [f"{tmp_path}/products.xlsx is too large; save it as CSV UTF-8"]


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name\n".encode("utf-16") + b"\x00\xd8\x00\xd8")

    assert result.errors == [f"{tmp_path}/shop/products.csv contains bytes that are not text; save it as CSV UTF-8"]


def test_a_line_of_json_with_a_constant_of_another_language_is_lost(tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text('{"sku": "A", "price": NaN}\n')

    assert run_import(tmp_path / "lines.jsonl").errors[0] == "  row 1 (?): line 1 is not valid JSON"


def test_each_kind_of_note_names_a_thousand_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.importing.summary.MAX_NOTES", 2)
    report = tmp_path / "report.csv"

    result = import_csv(tmp_path, "sku,name,price\n" + "".join(f"A{number},Lamp,0\n" for number in range(7)), report=report)

    assert result.output[0] == "  note: all its prices are 0 (rows 2, 3 and 5 more)"
    assert report.read_text(encoding="utf-8").splitlines()[2:] == [
        "2,A0,Lamp,note,all its prices are 0",
        "3,A1,Lamp,note,all its prices are 0",
        ",,,note,all its prices are 0 (5 more rows)",
    ]


def test_a_file_says_how_many_rows_it_has(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text(BOWL, encoding="utf-8")

    assert Source(tmp_path / "products.csv").count_rows() == 1


def test_a_group_of_lines_with_a_lost_record_is_refused_whole(tmp_path: Path) -> None:
    result = import_csv(tmp_path, 'group,sku,name,price,options\nt,S,Tee,1,\nt,"M,,1,\n,B,Mug,1,\n')

    assert result.errors[0] == "  row 2 (Tee): the quotation mark in line 3 is not closed"
    assert list(Variant.objects.values_list("sku", flat=True)) == ["B"]


def test_a_long_run_of_spaces_costs_nothing(tmp_path: Path) -> None:
    spaces = " " * 500_000  # minutes, if the run were read again from each of its characters

    result = import_rows(tmp_path, make_row("A", name=f"a{spaces}b"), make_row("B", description=f"<p>a{spaces}b"), make_row("C"))

    assert result.output == ["1 created, 0 changed, 0 unchanged, 2 failed"]
    assert [error.partition(": ")[2] for error in result.errors[:2]] == [
        "name is longer than 200 characters or contains a NUL",
        "description is longer than 20000 characters or contains a NUL",
    ]


@pytest.mark.parametrize("header", ["sku", "Variant SKU", "Artikelnummer"])
def test_the_apostrophe_that_keeps_zeros_in_excel_is_no_part_of_a_sku(tmp_path: Path, header: str) -> None:
    import_csv(tmp_path, f"{header},name,price\n00044,'90s mug,5\n")

    result = import_csv(tmp_path, f"{header},name,price\n'00044,'90s mug,5\n")

    assert result.output == ["0 created, 0 changed, 1 unchanged, 0 failed"]
    assert list(Variant.objects.values_list("sku", "product__name")) == [("00044", "'90s mug")]


def test_problems_and_notes_of_a_stock_list_name_the_product_or_the_sku(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A", name="Lamp"), make_row("B", name="Tee"))
    report = tmp_path / "report.csv"

    result = import_csv(tmp_path, "sku,stock\nA,-1\nNEW,2\nB,many\n", report=report)

    assert result.errors[:2] == [
        "  row 3 (NEW): SKU NEW is new to the shop, so its row needs a name and a price",
        "  row 4 (B): stock must be a whole number from 0 to 1000000000: 'many'",
    ]
    lines = report.read_text(encoding="utf-8-sig").splitlines()
    assert lines[1] == '2,A,Lamp,note,"stock is below 0, so it was set to 0"'
    assert lines[2].startswith("3,NEW,NEW,problem,")


@pytest.mark.parametrize("sign", ["(", "[", "([", "(a", ")"])
def test_a_name_of_a_column_that_is_nothing_but_brackets_costs_nothing(tmp_path: Path, sign: str) -> None:
    started_at = time.process_time()

    import_csv(tmp_path, f"sku,name,price,{sign * 30_000}\nA,Lamp,5,x\n")

    assert time.process_time() - started_at < 5  # minutes, if each bracket were followed to the end of the name
    assert Variant.objects.count() == 1
