"""The page that makes all combinations of option values: a form, a preview that can be edited, and one save."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core import markets
from core.admin import get_staff_actor
from core.exceptions import DomainError
from products.admin.combination_forms import CombinationRows, CombinationsForm, CompletionRows
from products.admin.option_pages import OptionPages
from products.models import Product, Variant
from products.services import combinations


class CombinationPage(OptionPages):
    """Making all combinations: a form for the options, a preview of the variants, and one save."""

    def combinations_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form; then the preview, as a form that can be edited; then create the variants."""
        if not self.may_combine(request):
            raise PermissionDenied
        product = self.get_product(pk)
        if request.method != "POST":
            return self._render_form(request, product, CombinationsForm(product))
        form = CombinationsForm(product, request.POST)
        if not form.is_valid() or "_edit" in request.POST:
            return self._render_form(request, product, form)
        return self._save(request, product, form) if "_save" in request.POST else self._preview(request, product, form)

    def _render_form(self, request: HttpRequest, product: Product, form: CombinationsForm) -> HttpResponse:
        title = f"Make all combinations: {product.name}"
        return self.render_subpage(request, product, "combinations.html", title=title, form=form)

    def _preview(self, request: HttpRequest, product: Product, form: CombinationsForm) -> HttpResponse:
        """Show what would be created. Nothing is saved."""
        data = form.cleaned_data
        try:
            proposal = combinations.propose(product, data["options"], data["sku_prefix"])
        except DomainError as error:
            form.add_error("options", error.message)
            return self._render_form(request, product, form)
        price = data[f"price_{markets.get_default_market().code}"]
        initial = [{"options": options, "sku": sku, "price": price, "stock": data["stock"]} for options, sku in proposal.new]
        completed = [{"variant": variant.pk, "options": options} for variant, options in proposal.completed]
        new = CombinationRows(initial=initial, prefix="new")
        return self._render_preview(
            request, product, form, new=new, completed=CompletionRows(initial=completed, prefix="completed"), proposal=proposal
        )

    def _render_preview(
        self, request: HttpRequest, product: Product, form: CombinationsForm, *, new: Any, completed: Any, **context: Any
    ) -> HttpResponse:
        rows = Variant.objects.filter(product=product, deleted_at=None).values_list("pk", "sku")
        skus = {str(pk): sku for pk, sku in rows}  # by what the hidden field holds
        completed_rows = [(row, skus.get(str(row["variant"].value()), "?")) for row in completed]
        return self.render_subpage(
            request,
            product,
            "combinations_preview.html",
            title=f"Make all combinations: {product.name}",
            form=form,
            new=new,
            completed=completed,
            completed_rows=completed_rows,
            currency=markets.get_default_market().currency,
            **context,
        )

    def _save(self, request: HttpRequest, product: Product, form: CombinationsForm) -> HttpResponse:
        """Create what is ticked; if a service refuses, show the reason above the preview as it was edited."""
        new, completed = CombinationRows(request.POST, prefix="new"), CompletionRows(request.POST, prefix="completed")
        error = ""
        if new.is_valid() and completed.is_valid():
            prices = form.get_other_prices()
            weight_grams = form.cleaned_data["weight_grams"]
            ticked = [row.build_variant(prices, weight_grams) for row in new if row.cleaned_data["create"]]
            rows = [row.cleaned_data for row in completed]
            options = {row["variant"]: row["options"] for row in rows if row["complete"]}
            try:
                result = combinations.create(get_staff_actor(request), product.pk, ticked, options)
            except DomainError as refusal:
                error = refusal.message
            else:
                self.message_user(request, describe_result(result), messages.SUCCESS)
                return redirect(self.build_product_url(request, product.pk))
        return self._render_preview(request, product, form, new=new, completed=completed, error=error)


def describe_result(result: combinations.Result) -> str:
    """Return what was done, as a sentence for each kind."""
    sentences = [f"{_count(result.created)} created."]
    if result.completed:
        sentences.append(f"{_count(result.completed)} completed.")
    if result.existing:
        sentences.append(f"{result.existing} existed already and {'was' if result.existing == 1 else 'were'} left alone.")
    return " ".join(sentences)


def _count(number: int) -> str:
    return f"{number} variant{'' if number == 1 else 's'}"
