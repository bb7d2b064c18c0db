"""The upload of a carrier's list of service areas: a preview of what it changes, and the confirmation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from django import forms
from django.core import signing

from core import markets
from core.admin import apply_widgets
from core.countries import find_country_code, list_countries
from core.limits import MAX_FILE
from core.markets import Market
from pricing.admin.amounts import describe_market
from pricing.models import MAX_CARRIER
from pricing.service_areas.areas import Change, Changes
from pricing.service_areas.files import AreaDefaults, AreaKey, AreaList, Service, read_file
from products.importing.lists import read_upload
from products.importing.raw_rows import BadRow, Unreadable

SALT = "service areas"
CONFIRM_WITHIN = 24 * 60 * 60  # seconds
MAX_AREAS = 100_000  # in one upload; the page of the preview holds them all
MAX_SHOWN = 100  # problems, and changes of each kind
TOO_MANY = f"The file has more than {MAX_AREAS:,} areas. Split it, or use the command import_service_areas"


class UploadForm(forms.Form):
    """The list, and what it leaves unsaid."""

    file = forms.FileField(
        allow_empty_file=True,
        help_text=(
            f"CSV or Excel, at most {MAX_FILE // 1024**2} MB, with a column of postal codes and, if there are any, prepaid, COD and"
            " days, as carriers name them. Nothing changes until you have seen the preview."
        ),
    )
    carrier = forms.CharField(required=False, max_length=MAX_CARRIER, help_text="where the file does not name it")
    market = forms.ChoiceField()
    country = forms.CharField(
        required=False, max_length=100, help_text="where the file does not name it: code or English name; empty: the market's"
    )
    keep = forms.BooleanField(
        label="Keep areas that the file does not contain",
        required=False,
        help_text="otherwise the file is all that the carrier serves in each of its countries: its other areas there are removed",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.areas = AreaList()
        choices = [(code, describe_market(market)) for code, market in markets.get_markets().items()]
        cast(forms.ChoiceField, self.fields["market"]).choices = choices
        apply_widgets(self.fields)

    def clean_country(self) -> str:
        """Return the code of the country. Raises ValidationError."""
        code = find_country_code(self.cleaned_data["country"])
        if self.cleaned_data["country"] and not code:
            raise forms.ValidationError("This is not a country. Enter its code or its English name.")
        return code

    def clean(self) -> dict[str, Any]:
        """Read the file."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.areas = self._read(data)
                if len(self.areas.services) > MAX_AREAS:
                    self.add_error("file", TOO_MANY)
            except (Unreadable, BadRow) as error:
                self.add_error("file", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return data

    def _read(self, data: Mapping[str, Any]) -> AreaList:
        """Return the areas of the file. Raises Unreadable."""
        market, defaults = markets.get_market(data["market"]), AreaDefaults(data["country"], data["carrier"])
        return read_upload(data["file"], lambda path: read_file(path, market, defaults))


@dataclass(frozen=True, slots=True)
class Upload:
    """A list that waits for its confirmation, in the page that shows the preview."""

    market: Market
    keep: bool
    services: Mapping[AreaKey, Service]

    def dump(self) -> str:
        """Return it as a signed text."""
        rows = [(*key, *service) for key, service in self.services.items()]
        return signing.dumps([self.market.code, self.keep, rows], salt=SALT, compress=True)


def load(text: str) -> Upload:
    """Return the list in a signed text. Raises BadSignature."""
    market, keep, rows = signing.loads(text, salt=SALT, max_age=CONFIRM_WITHIN)
    if market not in markets.get_markets():
        raise signing.BadSignature
    return Upload(markets.get_market(market), keep, {AreaKey(*row[:3]): Service(*row[3:]) for row in rows})


def build_preview(changes: Changes) -> dict[str, Any]:
    """Return what the page shows of what a list changes."""
    names = list_countries()
    counts = [
        ("added", len(changes.added)),
        ("changed", len(changes.changed)),
        ("removed", len(changes.removed)),
        ("unchanged", changes.unchanged),
    ]
    groups = (("Removed", changes.removed), ("Changed", changes.changed), ("Added", changes.added))
    tables = [
        {
            "title": title,
            "more": max(len(rows) - MAX_SHOWN, 0),
            "table": {
                "headers": ["Postal code", "Country", "Carrier", "Prepaid", "Cash on Delivery", "Days"],
                "rows": _build(rows),
            },
        }
        for title, rows in groups
        if rows
    ]
    return {
        "counts": [{"label": label, "count": f"{count:,}"} for label, count in counts],
        "tables": tables,
        "limited": ", ".join(names.get(code, code) for code in changes.limited),
        "digest": changes.digest,
        "has_changes": bool(changes),
    }


def _build(rows: Sequence[Change]) -> list[list[str]]:
    return [
        [change.key.postal_code, change.key.country, change.key.carrier or "–", *_describe(change)]
        for change in islice(rows, MAX_SHOWN)
    ]


def _describe(change: Change) -> Iterator[str]:
    """Yield the columns of a change, such as "no → yes"."""
    old, new = (_format(service) for service in (change.old or change.new, change.new or change.old))
    for before, after in zip(old, new, strict=True):
        yield before if before == after else f"{before} → {after}"


def _format(service: Service | None) -> list[str]:
    if service is None:
        return []
    days = "–" if service.days is None else str(service.days)
    return ["yes" if service.prepaid else "no", "yes" if service.cod else "no", days]
