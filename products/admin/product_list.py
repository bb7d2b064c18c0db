"""The list of products: pictures, prices, stock and what is on sale, which staff change in their rows."""

import logging
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db import DataError, OperationalError
from django.db.models import Case, Count, F, Max, Min, OuterRef, QuerySet, Subquery, Sum, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import markets, money
from core.admin import ForgivingChangeList, ModelAdmin, get_staff_actor
from core.exceptions import DomainError
from products.admin import category_choices
from products.admin.display import get_shop_url, render_stock_badge, render_thumbnail
from products.admin.edit_conflicts import get_opening_time
from products.admin.filters import StockLevelFilter
from products.admin.list_forms import ReasonForm, RowForm, SwitchForm
from products.models import Product, Variant, primary_image
from products.services import list_edits

logger = logging.getLogger("shop.admin")
DASH = "–"
BUSY = "it could not be saved at the moment, try again"


class ProductChangeList(ForgivingChangeList):
    """The rows of a page, with the paths of their categories; after an error, they are the rows that were submitted."""

    _formset: Any = None

    def get_results(self, request: HttpRequest) -> None:
        """Run the queries."""
        super().get_results(request)
        _label_categories(self.result_list)

    @property
    def formset(self) -> Any:
        """The forms of the rows, in the same order."""
        return self._formset

    @formset.setter
    def formset(self, formset: Any) -> None:
        self._formset = formset
        if formset is not None and formset.is_bound:  # products may have been added or sorted otherwise since
            self.result_list = [form.instance for form in formset.forms]
            _label_categories(self.result_list)


def _label_categories(products: Iterable[Any]) -> None:
    labels = category_choices.get_path_labels() if any(product.category_id for product in products) else {}
    for product in products:
        product.category_label = labels.get(product.category_id, DASH)


def _lists_products(formset: Any) -> bool:
    """Return whether every row of a submitted list is a product that is still there."""
    try:
        return all(form.instance.pk is not None for form in formset.forms)
    except (OverflowError, DataError):  # an id that the column cannot hold
        return False


class ProductListAdmin(ModelAdmin[Product]):
    """The list of products, whose rows are saved through services, each in its own transaction."""

    list_display = ("thumbnail", "name", "category_path", "price", "stock", "is_active", "shop_link")
    list_display_links = ("name",)
    list_editable = ("is_active",)
    list_filter = (
        "is_active",
        StockLevelFilter,
        ("category", category_choices.CategoryFilter),
        ("seller", admin.EmptyFieldListFilter),
    )
    list_filter_submit = True
    list_max_show_all = 100  # Django accepts 1,000 fields in a form, and a row has seven
    search_fields = ("name", "slug", "variants__sku")
    ordering = ("-id",)
    show_full_result_count = False
    list_before_template = "admin/products/product/list_tools.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Return products that are not deleted, annotated with the list's columns."""
        undeleted = Variant.objects.filter(product=OuterRef("pk"), deleted_at=None).order_by().values("product")
        active = undeleted.filter(is_active=True)
        only = Case(When(variants_count=1, then=F("first")))
        products: QuerySet[Product] = (
            super()
            .get_queryset(request)
            .filter(deleted_at=None)
            .annotate(
                only_variant=Subquery(undeleted.annotate(variants_count=Count("pk"), first=Min("pk"), only=only).values("only")),
                variants_count=Subquery(undeleted.annotate(n=Count("pk")).values("n")),
                price_from=Subquery(active.annotate(n=Min("price")).values("n")),
                price_to=Subquery(active.annotate(n=Max("price")).values("n")),
                left=Subquery(active.annotate(n=Sum(F("stock") - F("reserved"))).values("n")),
                cover=primary_image("pk"),
            )
        )
        return products

    @admin.display(description="")
    def thumbnail(self, product: Product) -> str | SafeString:
        return render_thumbnail(getattr(product, "cover", None))

    @admin.display(description="Category", ordering="category__name")
    def category_path(self, product: Product) -> str:
        return getattr(product, "category_label", DASH)

    @admin.display(description=f"Price, {markets.get_default_market().currency}", ordering="price_from")
    def price(self, product: Product) -> str:
        row: Any = product
        if row.price_from is None:
            return DASH
        currency = markets.get_default_market().currency
        prices = dict.fromkeys(money.format_price(amount, currency) for amount in (row.price_from, row.price_to))
        return " – ".join(prices)

    @admin.display(description="Stock", ordering="left")
    def stock(self, product: Product) -> SafeString:
        row: Any = product
        badge = render_stock_badge(row.left or 0, product.low_stock_threshold)
        if row.variants_count < 2:
            return badge
        url = reverse("admin:products_product_change", args=[product.pk])
        link = format_html('<a class="text-link" href="{}">{} variants</a>', url, row.variants_count)
        return format_html('<span class="shop-stack">{}{}</span>', badge, link)

    @admin.display(description="")
    def shop_link(self, product: Product) -> SafeString | str:
        if not product.is_active:
            return ""
        return format_html(
            '<a class="text-link" href="{}" target="_blank" rel="noopener" aria-label="View in shop: {}">View in shop</a>',
            get_shop_url(product),
            product.name,
        )

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form of a row, with the fields that the user may change."""
        return RowForm if request.user.has_perm("products.change_variant") else SwitchForm

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ProductChangeList]:
        """Return the class of the list."""
        return ProductChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, or save its rows."""
        if request.method == "POST" and "_save" in request.POST and self.has_change_permission(request):
            response = self._save_rows(request)
            if response is not None:
                return response
        reason_form = ReasonForm(request.POST if "_save" in request.POST else None)
        return super().changelist_view(request, {"reason_form": reason_form, **(extra_context or {})})

    def _save_rows(self, request: HttpRequest) -> HttpResponse | None:
        """Save the rows that were changed, in ascending id. Return None if some are invalid: the list says why."""
        formset_class: Any = self.get_changelist_formset(request)
        formset = formset_class(
            request.POST, queryset=self._get_list_editable_queryset(request, formset_class.get_default_prefix())
        )
        reason_form = ReasonForm(request.POST)
        if not _lists_products(formset) or not reason_form.is_valid():
            self.message_user(request, "Nothing was saved: the list has changed in the meantime.", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        if not formset.is_valid():
            return None
        reason = reason_form.cleaned_data["stock_reason"]
        changed = sorted((form for form in formset.forms if form.has_changed()), key=lambda form: form.instance.pk)
        saved = [form for form in changed if self._save_row(request, form, reason)]
        if saved:
            self.message_user(request, f"{len(saved)} product{'' if len(saved) == 1 else 's'} saved.", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    def _save_row(self, request: HttpRequest, form: Any, reason: str) -> bool:
        """Save a row; return whether it was saved, and say why if it was not."""
        problem = ""
        try:
            list_edits.save_row(get_staff_actor(request), form.build_edit(reason, get_opening_time(request)))
        except DomainError as error:
            problem = error.message
        except list_edits.ChangedMeanwhile as error:
            problem = str(error)
        except OperationalError:  # a deadlock, or a lock or statement timeout
            logger.exception("Product %s could not be saved", form.instance.pk)
            problem = BUSY
        if problem:
            self.message_user(request, f"{form.instance.name} was not saved: {problem}.", messages.WARNING)
            return False
        self.log_change(request, form.instance, self.construct_change_message(request, form, []))
        return True
