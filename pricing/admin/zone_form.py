"""The form of a zone: which addresses are in it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from django import forms

from core import markets
from core.characters import is_visible
from core.countries import find_country_code, list_countries
from core.postal_codes import has_format, has_hyphen_between, normalize_postal_code
from core.states import find_state_code, has_states
from pricing.admin.amounts import describe_market
from pricing.models import MAX_POSTAL_CODE, Zone

SEPARATORS = re.compile(r"[,;\n]+")
RANGE = re.compile(r"(.*\w)\*? ?(?:[-\u2010-\u2015\u2212]|\.\.|\bto\b) ?(\w.*)", re.IGNORECASE)  # with any kind of dash
MAX_LIST = 20_000  # characters
MAX_PRIORITY = 10_000
LISTS = ("countries", "states", "postal_prefixes")


def build_list_field(label: str, help_text: str) -> forms.CharField:
    """Return a field for a list of short texts."""
    widget = forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=MAX_LIST, widget=widget, help_text=help_text)


class ZoneForm(forms.ModelForm[Zone]):
    """A zone. What is typed is stored as codes, which addresses are compared with."""

    market = forms.ChoiceField(help_text="its currency is that of the methods")
    countries = build_list_field("Countries", "codes or English names, such as IN, Nepal; empty: all countries")
    states = build_list_field("States", "of a single country: codes or names, such as MH, Goa; empty: all states")
    postal_from = forms.CharField(label="Postal codes from", required=False, max_length=MAX_POSTAL_CODE * 2)
    postal_to = forms.CharField(
        label="Postal codes to",
        required=False,
        max_length=MAX_POSTAL_CODE * 2,
        help_text="both belong to the zone; empty: all postal codes",
    )
    postal_prefixes = build_list_field(
        "Or postal codes that begin with", "such as 40, 41, in addition to the range; spaces do not count"
    )

    priority = forms.IntegerField(
        initial=0,
        min_value=-MAX_PRIORITY,
        max_value=MAX_PRIORITY,
        help_text="of the zones that fit an address, the one with the highest priority is used, then the older one",
    )

    class Meta:
        model = Zone
        fields: tuple[str, ...] = ()  # the admin chooses them
        help_texts = {"name": "for staff; buyers see the names of the methods"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "market" in self.fields:  # which it is not for staff who only view
            choices = [(code, describe_market(market)) for code, market in markets.get_markets().items()]
            cast(forms.ChoiceField, self.fields["market"]).choices = choices
        for name in LISTS:
            self.initial[name] = ", ".join(getattr(self.instance, name))

    def clean_name(self) -> str:
        """Refuse a name that nobody can read."""
        name: str = self.cleaned_data["name"]
        if not any(map(is_visible, name)):
            raise forms.ValidationError("Enter a name that staff can read.")
        return name

    def clean_countries(self) -> list[str]:
        """Return the codes of the countries. Raises ValidationError for unknown ones."""
        found = {text: find_country_code(text) for text in _split(self.cleaned_data["countries"])}
        if unknown := [text for text, code in found.items() if not code]:
            raise forms.ValidationError(f"Unknown: {', '.join(unknown)}. Enter ISO 3166 codes or English names of countries.")
        return list(dict.fromkeys(found.values()))

    def clean(self) -> dict[str, Any]:
        """Check states and postal codes, which depend on the country."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "countries" not in data:
            return data
        country = data["countries"][0] if len(data["countries"]) == 1 else ""
        for name in ("states", "postal_prefixes"):
            if name in data:
                data[name] = list(_split(data[name]))
        self._clean_states(data, country)
        self._clean_range(data, country)
        self._clean_prefixes(data, country)
        return data

    def _clean_states(self, data: dict[str, Any], country: str) -> None:
        """Store the codes of states, and as they are typed those of a country whose states are not known."""
        states = data.get("states") or []
        if states and not country:
            self.add_error("states", "Enter exactly one country above: states belong to one.")
        elif states and has_states(country):
            codes = {state: find_state_code(country, state) for state in states}
            if unknown := [state for state, code in codes.items() if not code]:
                self.add_error("states", f"Not a state of {list_countries()[country]}: {', '.join(unknown)}.")
            else:
                data["states"] = list(dict.fromkeys(codes.values()))

    def _clean_range(self, data: dict[str, Any], country: str) -> None:
        if not {"postal_from", "postal_to"} <= data.keys():
            return
        first, last = (normalize_postal_code(data[name], country) for name in ("postal_from", "postal_to"))
        if bool(first) != bool(last):
            self.add_error("postal_to" if first else "postal_from", "Enter both ends of the range, or neither.")
        elif len(first) != len(last):
            self.add_error("postal_to", "Both ends must have the same length.")
        elif first > last:
            self.add_error("postal_to", "The range must end after it begins.")
        for name, code in (("postal_from", first), ("postal_to", last)):
            if code and (len(code) > MAX_POSTAL_CODE or (country and not has_format(code, country))):
                text = f"This is not a whole postal code{f' of {list_countries()[country]}' if country else ''}."
                self.add_error(name, f"{text} Enter beginnings of postal codes below.")
            else:
                data[name] = code

    def _clean_prefixes(self, data: dict[str, Any], country: str) -> None:
        typed = data.get("postal_prefixes") or []
        prefixes = {text: normalize_postal_code(text, country) for text in typed}
        if bad := [text for text, prefix in prefixes.items() if not 1 <= len(prefix) <= MAX_POSTAL_CODE]:
            self.add_error("postal_prefixes", f"Not the beginning of a postal code: {', '.join(bad)}.")
        elif ranges := [text for text in typed if _is_range(text, data["countries"])]:
            text = f"This looks like a range: {', '.join(ranges)}."
            self.add_error("postal_prefixes", f"{text} Enter each beginning by itself, such as 70, 71, 72, or use the range.")
        elif "postal_prefixes" in data:
            data["postal_prefixes"] = list(dict.fromkeys(prefixes.values()))


def _is_range(text: str, countries: Iterable[str]) -> bool:
    """Return whether a text is two beginnings of the same length, such as 70-74, and not one with its country's hyphen."""
    match = RANGE.fullmatch(text)
    if match is None:
        return False
    first, last = (normalize_postal_code(part) for part in match.groups())
    is_pair = len(first) == len(last) and first[:1].isdigit() == last[:1].isdigit()
    return is_pair and not any(has_hyphen_between(first, last, country) for country in countries)


def _split(text: str) -> Iterator[str]:
    """Yield the parts of a list."""
    return filter(None, (" ".join(part.split()) for part in SEPARATORS.split(text)))
