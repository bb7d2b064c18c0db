"""*Try an address*: which zone is used for it, what its methods cost, and why the other zones are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import markets, money
from core.admin import INFO, SUCCESS, apply_widgets, render_badge
from core.countries import find_country_code, list_countries
from core.markets import Market
from pricing.admin.amounts import check_amount, describe_market
from pricing.delivery import lookup
from pricing.delivery.derivation import derive
from pricing.delivery.methods import DeliveryOptions, Method, find_zone, list_failures
from pricing.delivery.places import Place, build_place
from pricing.delivery.texts import describe_dates
from pricing.models import ServiceArea, ShippingMethod, Zone

MAX_WEIGHT = 1_000_000  # grams
PROBLEMS = {
    "country_needed": "The market is not a country, so the address needs one.",
    "state_needed": "The address needs a state.",
    "postal_code_needed": "The address needs a postal code.",
    "not_serviceable": "Nothing is delivered to this address.",
    "too_heavy": "Nothing of this weight is delivered to this address.",
}
MISSING = {"country_needed": "a country", "state_needed": "a state", "postal_code_needed": "a postal code"}
LATER = "It fits, but is tried later."
NO_ZONES = "The market has no zones, so its default method is used."


class AddressForm(forms.Form):
    """An address, and what is sent to it."""

    market = forms.ChoiceField()
    country = forms.CharField(required=False, max_length=100, help_text="code or English name; empty: the market's")
    postal_code = forms.CharField(required=False, max_length=40)
    state = forms.CharField(required=False, max_length=100, help_text="code or name")
    weight = forms.IntegerField(label="Weight (grams)", required=False, min_value=0, max_value=MAX_WEIGHT)
    value = forms.DecimalField(
        label="Value of the goods", required=False, max_digits=14, help_text="after discounts, in the market's currency"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, describe_market(market)) for code, market in markets.get_markets().items()]
        cast(forms.ChoiceField, self.fields["market"]).choices = choices
        apply_widgets(self.fields)

    def clean_country(self) -> str:
        """Refuse what is not a country: an order would take it, but only zones for all countries fit it."""
        country: str = self.cleaned_data["country"]
        if country and not find_country_code(country):
            raise forms.ValidationError("This is not a country. Enter its code or its English name.")
        return country

    def clean(self) -> dict[str, Any]:
        """Refuse a value that no order can have."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            check_amount(data.get("value"), markets.get_markets().get(data.get("market", "")))
        except forms.ValidationError as error:
            self.add_error("value", error)
        return data


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: grams, and minor units of the market's currency."""

    market: Market
    weight: int
    value: int

    def format(self, amount: int) -> str:
        """Return an amount as people read it."""
        return money.format_price(money.to_major(amount, self.market.currency), self.market.currency)


def try_view(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and show how the shop delivers to it."""
    if not (request.user.has_perm("pricing.view_zone") or request.user.has_perm("pricing.change_zone")):
        raise PermissionDenied
    form = AddressForm(request.GET if "market" in request.GET else None)
    context = {**admin.site.each_context(request), "title": "Try an address", "opts": Zone._meta, "form": form}
    if form.is_valid():
        context |= _describe(form.cleaned_data)
    return TemplateResponse(request, "admin/pricing/zone/try.html", context)


def _describe(data: Mapping[str, Any]) -> dict[str, Any]:
    market = markets.get_market(data["market"])
    place = build_place(market, country=data["country"], postal_code=data["postal_code"], state=data["state"])
    parcel = Parcel(market, data["weight"] or 0, money.round_to_minor(data["value"] or Decimal(0), market.currency))
    options = lookup.get_options(market, place)
    derived = derive(market)
    zones = list(Zone.objects.filter(market=market.code).order_by("-priority", "id").prefetch_related("methods"))
    winner, _ = find_zone(derived["zones"], place)
    position = next((number for number, zone in enumerate(derived["zones"]) if zone is winner), None)
    used = zones[position] if position is not None else None
    rows = [_build_zone_row(zone, entry, place, used) for zone, entry in zip(zones, derived["zones"], strict=True)]
    problem = options.find_problem(parcel.weight)
    return {
        "place": _describe_place(place),
        "problem": PROBLEMS[problem] if problem else "",
        "methods": {"headers": ["Method", "Price", "Arrives", "Cash on Delivery"], "rows": _build_methods(options, used, parcel)},
        "zones": {"headers": ["Zone", "For this address"], "rows": rows},
        "no_zones": "" if zones else NO_ZONES,
        "areas": _build_areas(market, place) if place.country in derived["area_countries"] else None,
    }


def _describe_place(place: Place) -> str:
    name = list_countries().get(place.country, "no country")
    return ", ".join(filter(None, (name, place.state, place.postal_code)))


def _build_zone_row(zone: Zone, entry: Mapping[str, Any], place: Place, used: Zone | None) -> list[Any]:
    url = reverse("admin:pricing_zone_change", args=[zone.pk])
    link = format_html('<a class="text-link" href="{}">{}</a>', url, zone.name)
    return [link, render_badge("used", SUCCESS) if used is not None and zone.pk == used.pk else _explain(entry, place)]


def _explain(entry: Mapping[str, Any], place: Place) -> SafeString | str:
    """Return why a zone is not used for a place."""
    failures = list(list_failures(entry, place))
    if not failures:
        return LATER
    missing = [MISSING[problem] for problem in failures if problem is not None]
    if None in failures or not missing:
        return f"It is for {_name_others(entry, place)}."
    return render_badge(f"It needs {' and '.join(missing)}.", INFO)


def _name_others(entry: Mapping[str, Any], place: Place) -> str:
    """Return what differs: the conditions are tested one by one."""
    empty = {"countries": [], "states": [], "postal_from": "", "postal_to": "", "postal_prefixes": []}
    parts = {"countries": ("countries",), "states": ("states",), "postal": ("postal_from", "postal_to", "postal_prefixes")}
    plurals = {"countries": "other countries", "states": "other states", "postal": "other postal codes"}
    differing = [
        name for name, keys in parts.items() if None in list_failures({**empty, **{key: entry[key] for key in keys}}, place)
    ]
    return " and ".join(plurals[name] for name in differing)


def _build_methods(options: DeliveryOptions, zone: Zone | None, parcel: Parcel) -> list[list[Any]]:
    """Return a row for each method of the zone, those that are not offered after the others."""
    prices = options.list_prices(parcel.weight, parcel.value)
    rows = [_build_method_row(method, price, options, parcel) for method, price in prices]
    offered = {method.code for method, _ in prices}
    others: Sequence[ShippingMethod] = [] if zone is None else [row for row in zone.methods.all() if row.code not in offered]
    return [*rows, *([f"{row.name} ({row.code})", "–", "–", _explain_method(row, options, parcel)] for row in others)]


def _build_method_row(method: Method, price: int, options: DeliveryOptions, parcel: Parcel) -> list[Any]:
    earliest, latest = options.get_dates(method, timezone.localdate())
    pays = _describe_cod(method, options, parcel, price)
    return [
        f"{method.name} ({method.code})",
        parcel.format(price) if price else "free",
        describe_dates(earliest, latest) or "not known",
        pays,
    ]


def _describe_cod(method: Method, options: DeliveryOptions, parcel: Parcel, price: int) -> str:
    """Return whether a method takes Cash on Delivery for the parcel, and what it costs."""
    if not options.takes_cod:
        return "no: no carrier takes it at this postal code"
    if not method.allows_cod:
        return "no"
    if method.cod_max is not None and method.exceeds_cod_max(parcel.value + price):
        return f"no: only up to {parcel.format(method.cod_max)}"
    fee = f", for {parcel.format(method.cod_fee)}" if method.cod_fee else ""
    return f"{'yes' if options.takes_prepaid else 'yes, and nothing else'}{fee}"


def _explain_method(row: ShippingMethod, options: DeliveryOptions, parcel: Parcel) -> str:
    if not row.is_active:
        return "It is switched off."
    if row.max_weight_grams is not None and parcel.weight > row.max_weight_grams:
        return f"It takes up to {row.max_weight_grams:,} g."
    if options.problem is None:
        return "It does not take Cash on Delivery, and carriers deliver nothing else there."
    return "No carrier serves this postal code."


def _build_areas(market: Market, place: Place) -> dict[str, Any]:
    """Return the carriers of the postal code: the market delivers only to service areas in this country."""
    rows = ServiceArea.objects.filter(market=market.code, country=place.country, postal_code=place.postal_code).order_by("carrier")
    return {
        "headers": ["Carrier", "Prepaid", "Cash on Delivery", "Days"],
        "rows": [
            [row.carrier or "–", "yes" if row.prepaid else "no", "yes" if row.cod else "no", "–" if row.days is None else row.days]
            for row in rows
        ],
    }
