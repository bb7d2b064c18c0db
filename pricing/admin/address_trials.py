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
from core.admin import SUCCESS, apply_widgets, render_badge
from core.countries import find_country_code, list_countries
from core.markets import Market
from pricing.admin.amounts import check_amount, describe_market
from pricing.delivery import lookup
from pricing.delivery.derivation import derive
from pricing.delivery.methods import DeliveryOptions, Method, find_zone, list_failures
from pricing.delivery.places import Place, build_place
from pricing.delivery.texts import describe_dates
from pricing.exceptions import PostalCodeInvalid, refuse_malformed
from pricing.models import ServiceArea, ShippingMethod, Zone

MAX_WEIGHT = 1_000_000  # grams
PROBLEMS = {
    "country_needed": "The market is not a country, so the address needs one.",
    "state_needed": "The address needs a state.",
    "postal_code_needed": "The address needs a postal code.",
    "not_serviceable": "Nothing is delivered to this address: carriers only collect cash there, and no method takes it.",
    "too_heavy": "Nothing of this weight is delivered to this address.",
}
NO_ZONE = "Nothing is delivered to this address: no zone is for it."
NO_METHOD = "Nothing is delivered to this address: the zone has no active method."
NO_CARRIER = "Nothing is delivered to this address: no carrier serves its postal code."
MISSING = {"country_needed": "a country", "state_needed": "a state", "postal_code_needed": "a postal code"}
FITS = "It fits."
EMPTY = "It fits, but has no active method."
LATER = "It fits, but is tried later."
NO_POSTAL_CODE = "Enter a postal code to see which carriers serve it."
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
        """Refuse a value and a postal code that no order can have."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        market = markets.get_markets().get(data.get("market", ""))
        try:
            check_amount(data.get("value"), market)
        except forms.ValidationError as error:
            self.add_error("value", error)
        if market is not None and {"country", "postal_code"} <= data.keys():
            try:
                refuse_malformed(data["postal_code"], build_place(market, country=data["country"]).country)
            except PostalCodeInvalid as error:
                self.add_error("postal_code", f"{error.message}.")
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
    rows = [
        [_link(zone), _describe_use(zone, options) if zone is used else _explain(entry, place)]
        for zone, entry in zip(zones, derived["zones"], strict=True)
    ]
    return {
        "place": _describe_place(place),
        "problem": _describe_problem(options, zones, used, parcel),
        "methods": {"headers": ["Method", "Price", "Arrives", "Cash on Delivery"], "rows": _build_methods(options, parcel)},
        "other_methods": {"headers": ["Method", "Why it is not offered"], "rows": _build_other_methods(options, used, parcel)},
        "zones": {"headers": ["Zone", "For this address"], "rows": rows},
        "no_zones": "" if zones else NO_ZONES,
        "areas": _build_areas(market, place) if place.country in derived["area_countries"] else None,
    }


def _describe_place(place: Place) -> str:
    name = list_countries().get(place.country, "no country")
    return ", ".join(filter(None, (name, place.state, place.postal_code)))


def _describe_problem(options: DeliveryOptions, zones: Sequence[Zone], used: Zone | None, parcel: Parcel) -> str:
    """Return why nothing is delivered to a place, or an empty text."""
    problem = options.find_problem(parcel.weight)
    if problem is None:
        return ""
    if options.problem != "not_serviceable":
        return PROBLEMS[problem]
    if used is None and zones:
        return NO_ZONE
    return NO_CARRIER if used is None or _has_method(used) else NO_METHOD


def _link(zone: Zone) -> SafeString:
    url = reverse("admin:pricing_zone_change", args=[zone.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', url, zone.name)


def _has_method(zone: Zone) -> bool:
    return any(method.is_active for method in zone.methods.all())


def _describe_use(zone: Zone, options: DeliveryOptions) -> SafeString | str:
    """Return what the first zone that fits does: nothing is delivered by it while the place has a problem."""
    if options.problem is None:
        return render_badge("used", SUCCESS)
    return FITS if _has_method(zone) else EMPTY


def _explain(entry: Mapping[str, Any], place: Place) -> str:
    """Return why a zone is not used for a place."""
    failures = list(list_failures(entry, place))
    if not failures:
        return LATER
    missing = [MISSING[problem] for problem in failures if problem is not None]
    if None in failures or not missing:
        return f"It is for {_name_others(entry, place)}."
    return f"It needs {' and '.join(missing)}."


def _name_others(entry: Mapping[str, Any], place: Place) -> str:
    """Return what differs: the conditions are tested one by one."""
    empty = {"countries": [], "states": [], "postal_from": "", "postal_to": "", "postal_prefixes": []}
    parts = {"countries": ("countries",), "states": ("states",), "postal": ("postal_from", "postal_to", "postal_prefixes")}
    plurals = {"countries": "other countries", "states": "other states", "postal": "other postal codes"}
    differing = [
        name for name, keys in parts.items() if None in list_failures({**empty, **{key: entry[key] for key in keys}}, place)
    ]
    return " and ".join(plurals[name] for name in differing)


def _build_methods(options: DeliveryOptions, parcel: Parcel) -> list[list[str]]:
    """Return a row for each method that is offered."""
    prices = options.list_prices(parcel.weight, parcel.value)
    return [_build_method_row(method, price, options, parcel) for method, price in prices]


def _build_other_methods(options: DeliveryOptions, zone: Zone | None, parcel: Parcel) -> list[list[str]]:
    """Return a row for each other method of the zone; none if the place has a problem, which is their reason."""
    if zone is None or options.problem is not None:
        return []
    offered = {method.code for method in options.list_methods(parcel.weight)}
    others = [row for row in zone.methods.all() if row.code not in offered]
    return [[f"{row.name} ({row.code})", _explain_method(row, parcel)] for row in others]


def _build_method_row(method: Method, price: int, options: DeliveryOptions, parcel: Parcel) -> list[str]:
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


def _explain_method(row: ShippingMethod, parcel: Parcel) -> str:
    if not row.is_active:
        return "It is switched off."
    if row.max_weight_grams is not None and parcel.weight > row.max_weight_grams:
        return f"It takes up to {row.max_weight_grams:,} g."
    return "It does not take Cash on Delivery, and carriers deliver nothing else there."


def _build_areas(market: Market, place: Place) -> dict[str, Any]:
    """Return the carriers of the postal code: the market delivers only to service areas in this country."""
    if not place.postal_code:
        return {"none": NO_POSTAL_CODE}
    rows = ServiceArea.objects.filter(market=market.code, country=place.country, postal_code=place.postal_code).order_by("carrier")
    return {
        "none": "" if rows else "No carrier serves this postal code.",
        "headers": ["Carrier", "Prepaid", "Cash on Delivery", "Days"],
        "rows": [
            [row.carrier or "–", "yes" if row.prepaid else "no", "yes" if row.cod else "no", "–" if row.days is None else row.days]
            for row in rows
        ],
    }
