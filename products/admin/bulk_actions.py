"""Actions on the selected products of the list."""

from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from core.admin import apply_widgets, get_staff_actor
from core.exceptions import DomainError
from products.admin.bulk_forms import PriceRuleForm
from products.admin.product_list import ProductListAdmin
from products.models import Product
from products.services import bulk_edits, bulk_prices
from products.services.commands import ProductColumns

MAX_LISTED_NAMES = 20  # products listed by name on the page of an action
CHANGED = "The list has changed in the meantime. Please check it again"
LATER = "The products are changed in the background. Reload the list in a moment."


class BulkActionsAdmin(ProductListAdmin):
    """The actions on selected products. One that needs values or a confirmation has a page, which is sent to the list again."""

    actions = ("put_on_sale", "take_off_sale", "set_category", "change_prices", "retire")

    def has_change_prices_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change prices."""
        return request.user.has_perm("products.change_variant")

    @admin.action(description="Put on sale", permissions=["change"])
    def put_on_sale(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Make the selected products visible and for sale."""
        self._edit(request, _list_ids(queryset), {"is_active": True}, "put on sale")

    @admin.action(description="Take off sale", permissions=["change"])
    def take_off_sale(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Hide the selected products; carts show them as unavailable."""
        self._edit(request, _list_ids(queryset), {"is_active": False}, "taken off sale")

    @admin.action(description="Set the category", permissions=["change"])
    def set_category(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Ask for a category, and move the selected products to it."""
        product_ids = _list_ids(queryset)
        form = _CategoryForm(self._build_category_field(request), request.POST if "confirmed" in request.POST else None)
        if not self._is_confirmed(request, product_ids) or not form.is_valid():
            return self._ask(request, queryset, product_ids, action="set_category", title="Set the category", form=form)
        category = form.cleaned_data["category"]
        try:
            self._edit(request, product_ids, {"category_id": getattr(category, "pk", None)}, "moved")
        except DomainError as error:
            self.message_user(request, f"Nothing was changed: {error.message}.", messages.ERROR)
        return None

    @admin.action(description="Change prices", permissions=["change_prices"])
    def change_prices(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Ask how, and go to the preview of the new prices."""
        product_ids = _list_ids(queryset)
        form = PriceRuleForm(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            actor, rule = get_staff_actor(request), form.build_rule()
            try:
                change = bulk_prices.preview(actor, product_ids, rule, form.list_market_codes(), title=form.describe())
                return redirect("admin:products_bulkpricechange_change", change.pk)
            except bulk_prices.TooManyPrices as error:
                form.add_error(None, str(error))
        return self._ask(request, queryset, product_ids, action="change_prices", title="Change prices", form=form)

    @admin.action(description="Remove from the shop (orders keep their copies)", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Soft-delete the selected products after confirmation."""
        product_ids = _list_ids(queryset)
        if self._is_confirmed(request, product_ids):
            is_done = bulk_edits.retire(product_ids)
            text = "removed from the shop" if is_done else f"selected. {LATER}"
            self.message_user(request, f"{_count(product_ids)} {text}", messages.SUCCESS)
            return None
        return self._ask(request, queryset, product_ids, action="retire", title="Remove from the shop")

    def _edit(self, request: HttpRequest, product_ids: list[int], columns: ProductColumns, participle: str) -> None:
        """Set columns of the products, and report it. Raises CategoryUnknown."""
        changed = bulk_edits.edit(product_ids, columns)
        if changed is None:
            self.message_user(request, f"{_count(product_ids)} selected. {LATER}", messages.SUCCESS)
            return
        same = len(product_ids) - changed
        message = f"{changed} product{'' if changed == 1 else 's'} {participle}."
        self.message_user(request, message + (f" {same} needed no change." if same else ""), messages.SUCCESS)

    def _build_category_field(self, request: HttpRequest) -> forms.Field:
        field: Any = self.formfield_for_foreignkey(Product._meta.get_field("category"), request, required=False)
        field.help_text = "empty: no category"
        built: forms.Field = field
        return built

    def _is_confirmed(self, request: HttpRequest, product_ids: list[int]) -> bool:
        """Return whether the page of the action was sent for these products; warn if it was sent for others."""
        confirmed = request.POST.get("confirmed")
        if confirmed is not None and confirmed != _digest(product_ids):
            self.message_user(request, CHANGED, messages.WARNING)
        return confirmed == _digest(product_ids)

    def _ask(
        self,
        request: HttpRequest,
        queryset: QuerySet[Product],
        product_ids: list[int],
        *,
        action: str,
        title: str,
        form: forms.Form | None = None,
    ) -> TemplateResponse:
        """Show the page of an action, which repeats the selection."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "action": action,
            "names": list(queryset.values_list("name", flat=True)[:MAX_LISTED_NAMES]),
            "count": len(product_ids),
            "digest": _digest(product_ids),
            "selected_ids": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "opts": self.opts,
            "media": self.media + form.media if form is not None else self.media,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, f"admin/products/product/{action}.html", context)


class _CategoryForm(forms.Form):
    """The category of the selected products."""

    def __init__(self, category: forms.Field, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"] = category
        apply_widgets(self.fields)


def _list_ids(queryset: QuerySet[Product]) -> list[int]:
    return sorted(queryset.values_list("pk", flat=True))


def _digest(product_ids: list[int]) -> str:
    """Return a digest of the selection: with "select all", it may change before the confirmation."""
    return sha256(repr(product_ids).encode()).hexdigest()


def _count(product_ids: list[int]) -> str:
    return f"{len(product_ids)} product{'' if len(product_ids) == 1 else 's'}"
