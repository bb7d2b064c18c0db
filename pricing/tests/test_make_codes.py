"""manage.py make_codes: random codes of a promotion, in a file"""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pricing.models import PromotionCode
from pricing.tests.factories import make_promotion

pytestmark = pytest.mark.django_db
RANDOM = "[2-9A-HJKMNP-Z]{10}"


def make_codes(promotion: int, out: Path, *, count: int = 3, **options: Any) -> str:
    """Run the command and return what it prints."""
    printed = StringIO()
    call_command("make_codes", promotion=promotion, out=out, count=count, stdout=printed, **options)
    return printed.getvalue()


def read_lines(path: Path) -> list[str]:
    """Return the lines of a file."""
    return path.read_text("utf-8-sig").splitlines()


def test_the_file_holds_the_new_codes_each_for_one_order(tmp_path: Path) -> None:
    promotion, out = make_promotion("Spring", code="OLD"), tmp_path / "codes.csv"

    printed = make_codes(promotion.pk, out, count=1_200, prefix=" spring-")

    head, *lines = read_lines(out)
    rows = promotion.codes.exclude(code="OLD")
    assert printed == f"1200 code(s) of “Spring” written to {out}\n"
    assert (head, len(set(lines))) == ("code", 1_200)
    assert all(re.fullmatch(f"SPRING-{RANDOM}", line) for line in lines)
    assert set(rows.values_list("code", "single_use", "is_used")) == {(line, True, False) for line in lines}
    assert list(tmp_path.iterdir()) == [out]


def test_codes_for_many_orders_without_a_prefix(tmp_path: Path) -> None:
    promotion = make_promotion(code="OLD")

    make_codes(promotion.pk, tmp_path / "codes.csv", count=1, many_uses=True, verbosity=0)

    row = promotion.codes.exclude(code="OLD").get()
    assert (row.single_use, re.fullmatch(RANDOM, row.code) is not None) == (False, True)


def test_a_code_that_exists_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promotion = make_promotion(code="AAAAAAAAAA")
    letters = iter("A" * 20 + "B" * 20 + "C" * 10)
    monkeypatch.setattr("pricing.promotions.codes.secrets.choice", lambda alphabet: next(letters))

    make_codes(promotion.pk, tmp_path / "codes.csv", count=2)

    assert read_lines(tmp_path / "codes.csv") == ["code", "BBBBBBBBBB", "CCCCCCCCCC"]


@pytest.mark.parametrize(
    ("options", "message", "returncode"),
    [
        ({"count": 0}, "--count must be from 1 to 100,000", 1),
        ({"count": 100_001}, "--count must be from 1 to 100,000", 1),
        ({"prefix": "A" * 31}, "--prefix has more than 30 characters", 1),
        ({"prefix": "-A"}, "--prefix takes the letters A to Z, digits and hyphens, and begins with a letter or digit", 1),
        ({"prefix": "Ä"}, "--prefix takes the letters A to Z, digits and hyphens, and begins with a letter or digit", 1),
        ({"promotion": 2**70}, f"There is no promotion {2**70}", 1),
        ({"promotion": "deleted"}, "There is no promotion {pk}", 1),
        ({"promotion": "automatic"}, "“automatic” applies by itself, without a code", 1),
        ({"out": "there.csv"}, "{folder}/there.csv exists already", 2),
        ({"out": "nowhere/codes.csv"}, "{folder}/nowhere/codes.csv.part cannot be written: No such file or directory", 2),
    ],
)
def test_what_cannot_be_done_is_refused_and_no_code_is_made(
    tmp_path: Path, options: dict[str, Any], message: str, returncode: int
) -> None:
    (tmp_path / "there.csv").write_text("mine")
    ids = {"code": make_promotion("code", code="OLD").pk, "automatic": make_promotion("automatic").pk}
    ids["deleted"] = make_promotion("deleted", code="D", deleted_at=timezone.now()).pk
    name = options.get("promotion", "code")
    promotion, out = ids.get(name, name), tmp_path / options.get("out", "codes.csv")

    with pytest.raises(CommandError) as refusal:
        make_codes(promotion, out, count=options.get("count", 3), prefix=options.get("prefix", ""))

    assert str(refusal.value) == message.format(pk=promotion, folder=tmp_path)
    assert refusal.value.returncode == returncode
    assert PromotionCode.objects.count() == 2
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("there.csv", "mine")]


def test_no_code_is_made_if_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promotion = make_promotion(code="OLD")

    def fail(rows: Any) -> Any:
        next(rows)
        next(rows)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pricing.management.commands.make_codes.csv_export.generate_file", fail)
    with pytest.raises(CommandError, match="cannot be written: No space left on device"):
        make_codes(promotion.pk, tmp_path / "codes.csv")

    assert PromotionCode.objects.count() == 1
    assert list(tmp_path.iterdir()) == []
