"""`manage.py import_remittance`"""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order, Remittance
from orders.tests.remittances.remittances import get_money, make_lamp, make_parcel

pytestmark = pytest.mark.django_db


def run(file: Path, *options: str, carrier: str = "Post") -> str:
    """Run the command; return what it prints."""
    stdout = StringIO()
    call_command("import_remittance", "--carrier", carrier, "--file", str(file), *options, stdout=stdout)
    return stdout.getvalue()


def test_the_command_records_a_file_and_says_what_is_wrong_in_it(tmp_path: Path) -> None:
    parcel, file = make_parcel(make_lamp()), tmp_path / "november.csv"
    file.write_text(f"awb,amount,charges\n{parcel.tracking_number},15.00,1\nX1,3.00,0\n")

    dry, output, again = run(file, "--dry-run"), run(file), run(file)

    summary = "Parcels paid: 1 (₹15.00), of them short: 1; rows without a parcel: 1 (₹3.00); charges: ₹1.00"
    assert output == f"  row 2: parcel {parcel.label} lacks ₹5.00\n  row 3: X1: no parcel has this number\n{summary}\n"
    assert dry == output.replace(summary, f"{summary} (dry run: nothing was written)")
    assert again.splitlines()[-1].startswith("This remittance is recorded already, and nothing has changed. Parcels paid: 0 ")
    assert (Remittance.objects.get().reference, get_money(parcel)) == ("november.csv", (2000, 1500, 500))


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    parcel, file = make_parcel(make_lamp()), tmp_path / "november.csv"
    file.write_text(f"awb,amount\n{parcel.tracking_number},15.00\n")

    run(file, "--dry-run", "--reference", "R1", "--charges", "2")

    assert (Remittance.objects.count(), get_money(parcel)) == (0, (2000, 0, 0))


def test_what_cannot_be_read_is_refused_with_a_code(tmp_path: Path) -> None:
    file = tmp_path / "november.csv"
    file.write_text("awb,amount\nX1,1.00\n")
    run(file)
    other = tmp_path / "other.csv"
    other.write_text("awb,amount\nX1,2.00\n")
    table = tmp_path / "names.csv"
    table.write_text("name\nAda\n")

    for path, options, message in (
        (tmp_path / "missing.csv", (), "cannot be read: No such file or directory"),
        (table, (), "must begin with a line of column names"),
        (other, ("--reference", "november.csv"), "The remittance november.csv of Post is recorded with other rows or charges"),
        (other, ("--charges", "many"), "the charges: “many” must be an amount like 19.99"),
        (other, ("--carrier", " "), "the carrier and the reference of the remittance are needed"),
        (other, ("--reference", " "), "the carrier and the reference of the remittance are needed"),
        (other, ("--carrier", "P" * 61), "the name of the carrier is longer than 60 characters"),
    ):
        with pytest.raises(CommandError, match=message) as refusal:
            run(path, *options)
        assert refusal.value.returncode == 2

    assert Remittance.objects.count() == 1


def test_parcels_in_two_currencies_need_a_choice_of_one(tmp_path: Path) -> None:
    lamp, file = make_lamp(), tmp_path / "november.csv"
    parcel, foreign = make_parcel(lamp), make_parcel(lamp, "bob@example.com")
    Order.objects.filter(pk=foreign.order_id).update(currency="EUR")
    file.write_text(f"awb,amount\n{parcel.tracking_number},15.00\n{foreign.tracking_number},15.00\n")

    with pytest.raises(CommandError, match="the parcels are in EUR, INR, and the file does not say which; choose one") as refusal:
        run(file)

    assert (refusal.value.returncode, Remittance.objects.count()) == (2, 0)
    run(file, "--currency", "INR")
    assert (get_money(parcel), get_money(foreign)) == ((2000, 1500, 500), (2000, 0, 0))
