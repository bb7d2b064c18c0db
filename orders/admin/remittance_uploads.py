"""The upload of a carrier's file of payments: the form, the draft that waits for its confirmation, and the preview."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, cast

from django import forms
from django.core import signing

from core import markets
from core.admin import apply_widgets
from core.limits import MAX_FILE
from orders.admin.cash import format_minor
from orders.admin.parcel_forms import CarrierInput, CarrierSuggestionsMixin
from orders.carriers.links import get_carrier_name
from orders.exceptions import RemittanceDiffers
from orders.models import MAX_CARRIER, MAX_REMITTANCE_REFERENCE
from orders.remittances import drafts, recording
from orders.remittances.drafts import Draft, Line
from orders.remittances.files import Sheet, read_file
from orders.remittances.results import Result
from products.importing.lists import read_upload
from products.importing.raw_rows import Unreadable

SALT = "remittance"
CONFIRM_WITHIN = 24 * 60 * 60  # seconds
MAX_ROWS = 5_000  # in one upload: all of them are matched while the browser waits
MAX_SHOWN = 100  # rows of each kind
TOO_MANY = f"The file has more than {MAX_ROWS:,} rows. Split it, or use the command import_remittance"


class UploadForm(CarrierSuggestionsMixin):
    """The file, and what it leaves unsaid."""

    file = forms.FileField(
        allow_empty_file=True,
        help_text=(
            f"CSV or Excel, at most {MAX_FILE // 1024**2} MB, with what was paid for each parcel and its tracking number or"
            " the number of its order. Nothing is recorded until you have seen the preview."
        ),
    )
    carrier = forms.CharField(max_length=MAX_CARRIER, widget=CarrierInput, help_text="as parcels have it")
    reference = forms.CharField(
        required=False,
        max_length=MAX_REMITTANCE_REFERENCE,
        help_text="of the payment, by which it is recorded once; empty: the file’s name",
    )
    charges = forms.CharField(
        required=False,
        max_length=40,
        help_text="what the carrier has kept in total; empty: what the file has in a column of charges",
    )
    currency = forms.ChoiceField(required=False, help_text="empty: that of the file, or of its parcels")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft: Draft | None = None
        self.result: Result | None = None
        self.sheet: Sheet | None = None
        currencies = sorted({market.currency for market in markets.get_markets().values()})
        cast(forms.ChoiceField, self.fields["currency"]).choices = [("", "–"), *((code, code) for code in currencies)]
        apply_widgets(self.fields)

    def clean(self) -> dict[str, Any]:
        """Read the file, and find its parcels."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self._read(data)
            except (Unreadable, RemittanceDiffers) as error:
                text = str(error)
                self.add_error("file", f"{text[:1].upper()}{text[1:]}.")
        return data

    def _read(self, data: dict[str, Any]) -> None:
        """Keep what the file says, and what recording it would do. Raises Unreadable, RemittanceDiffers."""
        file = data["file"]
        self.sheet = read_upload(file, read_file)
        if len(self.sheet.rows) > MAX_ROWS:
            raise Unreadable(TOO_MANY)
        options = {name: data[name] for name in ("carrier", "charges", "currency")}
        self.draft = drafts.build_draft(self.sheet, reference=data["reference"] or PurePath(file.name).name, **options)
        self.result = recording.preview(self.draft)


def dump(draft: Draft) -> str:
    """Return a draft as a signed text, for the page that shows the preview."""
    rows = [(line.row, line.tracking_number, line.order_number, line.paid_minor, line.problem) for line in draft.lines]
    return signing.dumps([draft.carrier, draft.reference, draft.currency, draft.charges_minor, rows], salt=SALT, compress=True)


def load(text: str) -> Draft:
    """Return the draft in a signed text. Raises BadSignature."""
    carrier, reference, currency, charges, rows = signing.loads(text, salt=SALT, max_age=CONFIRM_WITHIN)
    return Draft(carrier, reference, currency, charges, [Line(*row) for row in rows])


def build_preview(draft: Draft, sheet: Sheet, result: Result) -> dict[str, Any]:
    """Return what the page shows of what a draft would record."""
    currency = result.currency
    paid, rest = sum(row.paid_minor for row in result.matched), sum(row.paid_minor or 0 for row in result.unmatched)
    amounts = [("paid", paid), ("without a parcel", rest), ("charges", result.charges_minor)]
    counts = [
        ("parcels", len(result.matched)),
        ("of them short", len(result.short)),
        ("rows without a parcel", len(result.unmatched)),
    ]
    counts += [("rows paid earlier", result.earlier)] if result.earlier else []
    short = [
        [str(row.row), row.label, format_minor(row.paid_minor, currency), format_minor(row.short_minor, currency)]
        for row in result.short
    ]
    return {
        "title": f"{get_carrier_name(draft.carrier)} {draft.reference}",
        "counts": [
            *({"label": label, "count": f"{count:,}"} for label, count in counts),
            *({"label": label, "count": format_minor(amount, currency)} for label, amount in amounts),
        ],
        "tables": [
            *_build_table("Rows without a parcel", ["Row", "Number", "Paid", "Why"], list_unmatched(result)),
            *_build_table("Parcels that are paid short", ["Row", "Parcel", "Paid", "Lacks"], short),
        ],
        "amount_column": sheet.amount_column,
        "unread": ", ".join(sheet.unread),
        "result": result,
    }


def list_unmatched(result: Result) -> list[list[str]]:
    """Return the rows without a parcel, as texts."""
    return [
        [
            str(row.row),
            row.name or "–",
            "–" if row.paid_minor is None else format_minor(row.paid_minor, result.currency),
            row.problem,
        ]
        for row in result.unmatched
    ]


def _build_table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    table = {"headers": headers, "rows": rows[:MAX_SHOWN]}
    return [{"title": title, "table": table, "more": max(len(rows) - MAX_SHOWN, 0)}] if rows else []
