"""The pages of shipping zones."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from core import markets
from core.admin import WARNING, ModelAdmin, render_badge
from core.admin_filters import MarketFilter
from core.countries import list_countries
from pricing import rules, zones
from pricing.admin.address_trials import try_view
from pricing.admin.amounts import describe_market
from pricing.admin.method_forms import MethodInline
from pricing.admin.zone_form import ZoneForm
from pricing.models import Zone
from pricing.zones import ZoneWarning

MAX_NAMED = 3  # countries, states and prefixes that the list names
ADDRESSES = ("countries", "states", ("postal_from", "postal_to"), "postal_prefixes")
TEXTS = ("market_column", "countries_column", "states_column", "postal_column")


@admin.register(Zone)
class ZoneAdmin(ModelAdmin[Zone]):
    """Zones with their methods, and *Try an address*."""

    form = ZoneForm
    inlines = (MethodInline,)
    list_display = ("name", "market_column", "countries_column", "postal_column", "methods_column", "priority")
    list_filter = (("market", MarketFilter),)
    list_before_template = "admin/pricing/zone/list_tools.html"
    search_fields = ("name", "methods__name", "methods__code")
    ordering = ("market", "-priority", "id")  # in which they are tried
    sortable_by = ()
    readonly_fields = TEXTS
    fieldsets = (
        (None, {"fields": ("name", ("market", "priority"))}),
        (
            "Addresses",
            {"fields": ADDRESSES, "description": "An address is in the zone if it fits all of these that are filled in."},
        ),
    )
    text_fieldsets = ((None, {"fields": ("name", ("market_column", "priority"))}), ("Addresses", {"fields": TEXTS[1:]}))

    def get_fieldsets(self, request: HttpRequest, obj: Zone | None = None) -> Any:
        """Return the fields; for staff who may not change a zone, as text."""
        is_text = obj is not None and not self.has_change_permission(request, obj)
        return self.text_fieldsets if is_text else super().get_fieldsets(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Zone]:
        """Return the zones with their methods."""
        return super().get_queryset(request).prefetch_related("methods")

    def get_urls(self) -> list[URLPattern]:
        """Add *Try an address*."""
        return [path("try/", self.admin_site.admin_view(try_view), name="pricing_zone_try"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list below the warnings about zones."""
        warnings = [warning for market in markets.get_markets().values() for warning in zones.list_warnings(market)]
        context = {"title": "Shipping zones", "warnings": warnings, "has_zones": Zone.objects.exists()}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the methods, derive the rules of the markets again, and show warnings about the zone."""
        super().save_related(request, form, formsets, change)
        rules.rebuild()
        for text in _list_texts(zones.list_warnings(markets.get_market(form.instance.market)), form.instance):
            self.message_user(request, text, messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Zone) -> None:
        """Delete the zone with its methods."""
        zones.delete([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Zone]) -> None:
        """Delete the zones with their methods."""
        zones.delete(list(queryset.values_list("pk", flat=True)))

    @admin.display(description="Market", ordering="market")
    def market_column(self, zone: Zone) -> str:
        market = markets.get_markets().get(zone.market)
        return describe_market(market) if market else zone.market

    @admin.display(description="Countries")
    def countries_column(self, zone: Zone) -> str:
        names = list_countries()
        return _shorten([names.get(code, code) for code in zone.countries]) if zone.countries else "all"

    @admin.display(description="States")
    def states_column(self, zone: Zone) -> str:
        return ", ".join(zone.states) or "all"

    @admin.display(description="Postal codes")
    def postal_column(self, zone: Zone) -> str:
        """Return what limits the zone within its countries, such as "MH, 411001 to 411062, 40…"."""
        parts = [f"{zone.postal_from} to {zone.postal_to}"] if zone.postal_from else []
        parts += [f"{prefix}…" for prefix in zone.postal_prefixes]
        text = _shorten(parts) if parts else "all"
        return f"{text} in {_shorten(zone.states)}" if zone.states else text

    @admin.display(description="Methods")
    def methods_column(self, zone: Zone) -> SafeString | str:
        names = [method.name for method in zone.methods.all() if method.is_active]
        return ", ".join(names) if names else render_badge("nothing is delivered", WARNING)


def _shorten(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - MAX_NAMED
    return f"{', '.join(names[:MAX_NAMED])} and {more} more" if more > 0 else ", ".join(names)


def _list_texts(warnings: Iterable[ZoneWarning], zone: Zone) -> list[str]:
    """Return the warnings about a zone, and about its market."""
    return [warning.text for warning in warnings if warning.zone_id in (None, zone.pk)]
