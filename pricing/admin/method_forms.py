"""The shipping methods on the page of their zone."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.validators import MinValueValidator
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from core import markets, money
from core.admin import apply_widgets
from core.admin_relations import RelationsMixin
from core.characters import is_visible
from pricing import zones
from pricing.admin.amounts import check_amount, format_input
from pricing.models import MAX_DAYS, ShippingMethod, Zone

if TYPE_CHECKING:  # Unfold's class is Django's with another template; it has no type hints
    from django.contrib.admin import StackedInline
else:
    from unfold.admin import StackedInline

AMOUNTS = ("price", "free_from", "price_per_kg", "cod_fee", "cod_max")
MAX_METHODS = 50  # of a zone
MAX_WEIGHT = 100_000_000  # grams
NEVER_FREE = "Enter an amount above 0, or leave it empty. A method that is always free has the price 0."


class MethodForm(forms.ModelForm[ShippingMethod]):
    """A method, with amounts in the currency of its zone's market."""

    class Meta:
        model = ShippingMethod
        fields: tuple[str, ...] = ()  # the inline chooses them
        labels = {
            "free_from": "Free from",
            "price_per_kg": "Price for each kilogram",
            "max_weight_grams": "Up to a weight of (grams)",
            "days_min": "Days, minimum",
            "days_max": "Days, maximum",
            "is_active": "Switched on",
            "cod": "Takes Cash on Delivery",
        }
        help_texts = {
            "code": "unique in the shop; empty: made from the name",
            "price_per_kg": "added for each started kilogram; products without a weight count as weightless",
            "days_min": "calendar days until it can arrive; empty: not known",
            "days_max": "calendar days until it should have arrived; buyers see both dates",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "price" not in self.fields:  # staff who may not change the zone see text
            return
        self.fields["code"].required = False
        if self.instance.pk is None:
            self.initial["price"] = None  # a price that is forgotten is not a free delivery
        market = markets.get_markets().get(self.instance.zone.market) if self.instance.zone_id else None
        for name in AMOUNTS:
            self.fields[name].widget.attrs["inputmode"] = "decimal"
            self.fields[name].validators.append(MinValueValidator(0))
            amount = getattr(self.instance, name)
            if market is not None and amount is not None:
                self.initial[name] = format_input(amount, market.currency)

    def clean_name(self) -> str:
        """Refuse a name that nobody can read."""
        name: str = self.cleaned_data["name"]
        if not any(map(is_visible, name)):
            raise forms.ValidationError("Enter a name that buyers can read.")
        return name

    def clean_code(self) -> str:
        """Refuse the code of another method, and suggest one that is free."""
        code: str = self.cleaned_data["code"]
        if code and ShippingMethod.objects.filter(code=code).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"Another method has this code. {zones.suggest_code(code)} is free.")
        return code

    def clean_max_weight_grams(self) -> int | None:
        """Refuse a limit of 0, with which nothing could be sent, and one that is not plausible."""
        weight: int | None = self.cleaned_data["max_weight_grams"]
        if weight is not None and not 1 <= weight <= MAX_WEIGHT:
            raise forms.ValidationError(f"Enter a weight from 1 to {MAX_WEIGHT:,}, or leave it empty for any weight.")
        return weight

    def clean_free_from(self) -> Decimal | None:
        """Refuse 0: a method that is always free has the price 0."""
        amount: Decimal | None = self.cleaned_data["free_from"]
        if amount == 0:
            raise forms.ValidationError(NEVER_FREE)
        return amount

    def clean(self) -> dict[str, Any]:
        """Check the days."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        days_min, days_max = data.get("days_min"), data.get("days_max")
        for name, days in (("days_min", days_min), ("days_max", days_max)):
            if days is not None and days > MAX_DAYS:
                self.add_error(name, f"Enter {MAX_DAYS} or less.")
        if days_min is not None and days_max is not None and days_max < days_min:
            self.add_error("days_max", "Enter at least as many days as the minimum.")
        return data


class MethodFormSet(BaseInlineFormSet[ShippingMethod, Zone, forms.ModelForm[ShippingMethod]]):
    """The methods of a zone. Those without a code get one."""

    def clean(self) -> None:
        """Check the amounts in the zone's currency, and make the codes that are missing."""
        super().clean()
        kept = [form for form in self.initial_forms + self.extra_forms if self._is_kept(form)]
        market = markets.get_markets().get(self.instance.market)
        taken = {form.cleaned_data["code"] for form in kept if form.cleaned_data.get("code")}
        for form in kept:
            for name in AMOUNTS:
                try:
                    check_amount(form.cleaned_data.get(name), market)
                except forms.ValidationError as error:
                    form.add_error(name, error)
            if not form.cleaned_data.get("code") and form.cleaned_data.get("name"):
                form.instance.code = zones.suggest_code(form.cleaned_data["name"], taken)
                taken.add(form.instance.code)

    def _is_kept(self, form: forms.ModelForm[ShippingMethod]) -> bool:
        """Return whether a form has a method that is not to be deleted."""
        is_filled = form.has_changed() or form in self.initial_forms
        return is_filled and not self._should_delete_form(form)  # type: ignore[attr-defined]  # which the stubs lack


class MethodInline(RelationsMixin, StackedInline[ShippingMethod, Zone]):
    """The methods, for staff who may see or change the zone."""

    model = ShippingMethod
    form = MethodForm
    formset = MethodFormSet
    max_num = MAX_METHODS
    fields = (
        ("name", "code"),
        ("price", "free_from"),
        ("price_per_kg", "max_weight_grams"),
        ("days_min", "days_max"),
        "cod",
        ("cod_fee", "cod_max"),
        "is_active",
    )
    readonly_fields = ("prices_column", "limits_column", "cod_column")
    texts = (("name", "code"), "is_active", "prices_column", "limits_column", "cod_column")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingMethod]:
        """Return the methods with their zone, whose market has the currency of the amounts."""
        return super().get_queryset(request).select_related("zone")

    def get_extra(self, request: HttpRequest, obj: Zone | None = None, **kwargs: Any) -> int:
        """Offer one method in a new zone."""
        return 0 if obj is not None and obj.pk is not None else 1

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the formset with Unfold widgets on all fields."""
        formset = super().get_formset(request, obj, validate_max=True, **kwargs)
        apply_widgets(formset.form.base_fields)
        return formset

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields; for staff who may not change them, as text."""
        return self.fields if self.has_change_permission(request, obj) else self.texts

    @admin.display(description="Price")
    def prices_column(self, method: ShippingMethod) -> str:
        """Return what a method costs, such as "₹50.00, ₹10.00 for each kilogram, free from ₹999.00"."""
        parts = [_format(method, method.price)]
        if method.price_per_kg:
            parts.append(f"{_format(method, method.price_per_kg)} for each kilogram")
        if method.free_from is not None:
            parts.append(f"free from {_format(method, method.free_from)}")
        return ", ".join(parts)

    @admin.display(description="Weight and days")
    def limits_column(self, method: ShippingMethod) -> str:
        weight = "any weight" if method.max_weight_grams is None else f"up to {method.max_weight_grams:,} g"
        days = [str(days) for days in (method.days_min, method.days_max) if days is not None]
        return f"{weight}, {' to '.join(dict.fromkeys(days))} days" if days else weight

    @admin.display(description="Cash on Delivery")
    def cod_column(self, method: ShippingMethod) -> str:
        if not method.cod:
            return "no"
        fee = f", fee {_format(method, method.cod_fee)}" if method.cod_fee else ""
        return f"yes{fee}" if method.cod_max is None else f"yes{fee}, up to {_format(method, method.cod_max)}"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may view zones."""
        return self._has_any(request, "view", "change")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may add or change zones."""
        return self._has_any(request, "add", "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may add or change zones."""
        return self._has_any(request, "add", "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change zones."""
        return self._has_any(request, "change")

    def _has_any(self, request: HttpRequest, *actions: str) -> bool:
        return any(request.user.has_perm(f"pricing.{action}_zone") for action in actions)


def _format(method: ShippingMethod, amount: Decimal) -> str:
    market = markets.get_markets().get(method.zone.market)
    return str(amount) if market is None else money.format_price(amount, market.currency)
