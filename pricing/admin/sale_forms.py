"""The form of a sale."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from core import markets
from pricing.models import Sale

NOTHING_CHOSEN = "Choose categories or products, or all products."
ALL_AND_SOME = "Choose either all products, or categories and products."


def build_markets_field() -> forms.MultipleChoiceField:
    """Return the choice of the shop's markets."""
    choices = [(code, f"{code}, in {market.currency}") for code, market in markets.get_markets().items()]
    return forms.MultipleChoiceField(
        label="Markets", choices=choices, required=False, widget=forms.CheckboxSelectMultiple, help_text="none: all"
    )


class SaleForm(forms.ModelForm[Sale]):
    """What a sale reduces, by how much, and when. Of a running sale, only the end."""

    class Meta:
        model = Sale
        fields: tuple[str, ...] = ()  # the admin chooses them by the state

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "starts_at" in self.fields:
            self.fields["starts_at"].required = False
            self.fields["starts_at"].help_text = "empty: at once"

    def clean_starts_at(self) -> datetime:
        """Return the start, which is now if none is given. Raises ValidationError for another one in the past."""
        start: datetime | None = self.cleaned_data["starts_at"]
        if start is None:
            return timezone.now()
        if "starts_at" in self.changed_data and start < timezone.now():
            raise forms.ValidationError("This is in the past. Leave it empty to start at once.")
        return start

    def clean(self) -> dict[str, Any]:
        """Check what the sale is for, and that its end is still to come and after the start."""
        data = super().clean() or self.cleaned_data
        if "all_products" in data and "categories" in data and "products" in data:
            has_choice = bool(data["categories"] or data["products"])
            if data["all_products"] == has_choice:
                self.add_error("all_products", ALL_AND_SOME if has_choice else NOTHING_CHOSEN)
        end, start = data.get("ends_at"), data.get("starts_at") or self.instance.starts_at
        if end is not None and end <= timezone.now():
            self.add_error("ends_at", "This is in the past.")
        elif end is not None and start is not None and end <= start:
            self.add_error("ends_at", "The sale must end after it has started.")
        return data
