"""The forms of the actions on selected products."""

from decimal import Decimal
from typing import Any

from django import forms

from core import markets
from core.admin import apply_widgets
from products.amounts import validate_amount
from products.services.price_rules import CompareAt, PriceRule, Rounding

MAX_PERCENT = 1000
ROUNDINGS: dict[Rounding, str] = {
    "exact": "exact",
    "whole": "whole units (.00)",
    "99": "ending in .99",
    "95": "ending in .95",
    "90": "ending in .90",
}
COMPARE_ATS: dict[CompareAt, str] = {
    "keep": "leave it as it is",
    "previous": "show the price before a reduction",
    "remove": "remove it",
}


class PriceRuleForm(forms.Form):
    """How to change the prices of the selected products."""

    direction = forms.ChoiceField(label="Change", choices=[("lower", "Lower the prices by"), ("raise", "Raise the prices by")])
    value = forms.DecimalField(label="By", min_value=0, max_digits=10, decimal_places=3)
    unit = forms.ChoiceField(label="Unit", choices=[("percent", "per cent"), ("amount", "an amount")])
    market = forms.ChoiceField(label="Market", required=False, help_text="an amount needs a market, because it is in its currency")
    rounding = forms.ChoiceField(
        choices=list(ROUNDINGS.items()), help_text="to the nearest such price; in a currency without decimals, to whole units"
    )
    compare_at = forms.ChoiceField(
        label="Compare-at price",
        choices=list(COMPARE_ATS.items()),
        help_text="one that would not be above the new price is removed, and the preview says so",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, f"{code}, in {market.currency}") for code, market in markets.get_markets().items()]
        market_field: Any = self.fields["market"]
        market_field.choices = [("", "all markets"), *choices] if len(choices) > 1 else choices
        apply_widgets(self.fields)

    def clean_value(self) -> Decimal:
        """Reject 0, which changes nothing."""
        value: Decimal = self.cleaned_data["value"]
        if value == 0:
            raise forms.ValidationError("Must not be 0")
        return value

    def clean(self) -> dict[str, Any]:
        """Check the value: a percentage, or an amount in the currency of one market."""
        data = super().clean() or self.cleaned_data
        value = data.get("value")
        if value is None or "unit" not in data or "market" not in data:
            return data
        if data["unit"] == "percent":
            if value > MAX_PERCENT:
                self.add_error("value", f"At most {MAX_PERCENT} per cent")
        elif not data["market"]:
            self.add_error("market", "Choose the market of the amount")
        else:
            try:
                validate_amount(value, markets.get_market(data["market"]).currency)
            except ValueError as error:
                self.add_error("value", str(error))
        return data

    def list_market_codes(self) -> list[str]:
        """Return the markets whose prices change."""
        return [self.cleaned_data["market"]] if self.cleaned_data["market"] else list(markets.get_markets())

    def build_rule(self) -> PriceRule:
        """Return the rule."""
        data = self.cleaned_data
        value = data["value"] if data["direction"] == "raise" else -data["value"]
        rounding, compare_at = data["rounding"], data["compare_at"]
        if data["unit"] == "percent":
            return PriceRule(percent=value, rounding=rounding, compare_at=compare_at)
        return PriceRule(amount=value, rounding=rounding, compare_at=compare_at)

    def describe(self) -> str:
        """Return the rule in words."""
        data = self.cleaned_data
        verb = "Lower" if data["direction"] == "lower" else "Raise"
        number = f"{data['value'].normalize():f}"
        market = data["market"]
        size = f"{number} %" if data["unit"] == "percent" else f"{number} {markets.get_market(market).currency}"
        rounding: Rounding = data["rounding"]
        compare_at: CompareAt = data["compare_at"]
        parts = [
            f"{verb} by {size}",
            f"market {market}" if market else "all markets",
            *([f"rounded: {ROUNDINGS[rounding]}"] if rounding != "exact" else []),
            *([f"compare-at price: {COMPARE_ATS[compare_at]}"] if compare_at != "keep" else []),
        ]
        return ", ".join(parts)
