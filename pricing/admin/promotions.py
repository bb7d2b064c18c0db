"""The pages of promotions."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core import admin_relations
from core.admin import INFO, NEUTRAL, SUCCESS, WARNING, ModelAdmin, render_badge
from pricing import rules
from pricing.admin.amounts import AmountFormSet, AmountInline
from pricing.admin.promotion_form import PromotionForm
from pricing.admin.row_fields import CategoriesField, RowsField
from pricing.discounts import PAYMENT_METHODS
from pricing.models import Promotion, PromotionCode
from pricing.promotions import codes, descriptions, editing, states
from pricing.promotions.states import State
from products.models import Category

STATE_BADGES = {
    State.RUNNING: SUCCESS,
    State.PLANNED: INFO,
    State.ENDED: NEUTRAL,
    State.USED_UP: WARNING,
    State.OFF: NEUTRAL,
}
DASH = "–"
NO_CODE = "Nobody can use this promotion yet: it applies with a code, and has none. Add one below."
KEPT = "Orders keep what it saved. Another promotion may have its codes."
TARGETS = ("categories", "products")
CONDITIONS = ("starts_at", "ends_at", ("usage_limit", "per_customer"), "first_order_only", "combines")


class StateFilter(admin.SimpleListFilter):
    """The promotions in a state."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> QuerySet[Promotion]:
        """Restrict the promotions; an unknown state leaves them all."""
        value = self.value()
        return states.filter_by_state(queryset, State(value), timezone.now()) if value in State.values else queryset


@admin.register(Promotion)
class PromotionAdmin(ModelAdmin[Promotion]):
    """Promotions. Deleting one hides it; orders keep what they saved."""

    form = PromotionForm
    list_display = ("name", "state_column", "effect_column", "code_column", "used_column")
    list_filter = (StateFilter, "kind", "on")
    search_fields = ("name",)
    ordering = ("-id",)
    autocomplete_fields = TARGETS
    readonly_fields = ("state_column", "code_column", "used_column", "payment_column")
    inlines = (AmountInline,)
    actions = ("switch_on", "switch_off")
    fieldsets = (
        (None, {"fields": ("name", ("kind", "is_active"))}),
        ("Discount", {"fields": ("discount", "percent", ("buy_quantity", "get_quantity"), "get_percent")}),
        ("Products", {"fields": ("all_products", "categories", "products", "excludes_reduced")}),
        ("Conditions", {"fields": (*CONDITIONS, "payment_methods")}),
        ("Codes", {"fields": ("new_codes", "codes_are_single_use")}),
    )
    status_fieldset = (None, {"fields": (("state_column", "used_column"), "code_column")})

    def get_fieldsets(self, request: HttpRequest, obj: Promotion | None = None) -> Any:
        """Show the state of a promotion above its fields. Staff who may not change it see them as text, without codes to add."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        if not self.has_change_permission(request, obj):
            fieldsets = (*fieldsets[:-2], ("Conditions", {"fields": (*CONDITIONS, "payment_column")}))
        return (self.status_fieldset, *fieldsets)

    def get_readonly_fields(self, request: HttpRequest, obj: Promotion | None = None) -> Any:
        """Show the categories and products as text to staff who could not search them."""
        hidden = [
            name
            for name in TARGETS
            if not admin_relations.can_view(request, self.opts.get_field(name).related_model)  # type: ignore[arg-type]  # a model
        ]
        return (*super().get_readonly_fields(request, obj), *hidden)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        """Return the promotions that are not deleted, with their amounts and the number of their codes."""
        of_promotion = PromotionCode.objects.filter(promotion=OuterRef("pk")).order_by()
        count = of_promotion.values("promotion").annotate(n=Count("pk")).values("n")
        rows: QuerySet[Promotion] = super().get_queryset(request).filter(deleted_at=None).prefetch_related("amounts")
        return rows.annotate(code_count=Subquery(count), last_code=Subquery(of_promotion.order_by("-id").values("code")[:1]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Promotion], search_term: str
    ) -> tuple[QuerySet[Promotion], bool]:
        """Find promotions by name, or by the beginning of a code."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        code = codes.normalize_code(search_term)
        if not code:
            return found, may_have_duplicates
        by_code = Q(pk__in=PromotionCode.objects.filter(code__startswith=code).values("promotion"))
        return found | queryset.filter(by_code), may_have_duplicates

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Label categories by their paths."""
        form_class = CategoriesField if db_field.related_model is Category else RowsField
        return super().formfield_for_manytomany(db_field, request, form_class=form_class, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add the copying of a promotion."""
        view = self.admin_site.admin_view(require_POST(self.duplicate_view))
        return [path("<int:pk>/duplicate/", view, name="pricing_promotion_duplicate"), *super().get_urls()]

    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Copy a promotion, and open the copy."""
        if not (self.has_view_permission(request) and self.has_add_permission(request)):
            raise PermissionDenied
        copy = editing.duplicate(get_object_or_404(Promotion, pk=pk, deleted_at=None))
        self.log_addition(request, copy, f"Copied from promotion {pk}.")
        self.message_user(request, "This is the copy. It is switched off, and has no codes.", messages.SUCCESS)
        return redirect("admin:pricing_promotion_change", copy.pk)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show or save the form. Nothing is saved if a code was given to another promotion since it was checked."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except codes.CodeRefused as error:
            self.message_user(request, f"Not saved: {error}.", messages.ERROR)
            return redirect(request.get_full_path())

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the promotion, below the way to its other pages."""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "promotion_id": object_id})

    def save_model(self, request: HttpRequest, obj: Promotion, form: Any, change: bool) -> None:
        """Save the columns, and count the uses if there is a limit."""
        editing.save(obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the amounts."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if isinstance(formset, AmountFormSet):
            formset.save_rows()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Add the codes after all else is saved, and derive the rules of the markets again."""
        super().save_related(request, form, formsets, change)
        promotion = form.instance
        codes.add_codes(promotion, form.added_codes, single_use=form.cleaned_data["codes_are_single_use"])
        rules.rebuild()
        if promotion.kind == Promotion.Kind.CODE and not promotion.codes.exists():
            self.message_user(request, NO_CODE, messages.WARNING)

    def get_deleted_objects(self, objs: Collection[Promotion], request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """Return what the page that asks whether to delete shows: orders hold nothing back, because they keep what they saved."""
        listed = [text for promotion in objs for text in (str(promotion), [KEPT])]
        return listed, {"promotions": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Promotion) -> None:
        """Soft-delete the promotion."""
        editing.soft_delete([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> None:
        """Soft-delete the promotions."""
        editing.soft_delete(list(queryset.values_list("pk", flat=True)))

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> None:
        """Let the selected promotions apply."""
        self._switch(request, queryset, is_active=True)

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> None:
        """Stop the selected promotions."""
        self._switch(request, queryset, is_active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Promotion], *, is_active: bool) -> None:
        word = "on" if is_active else "off"
        changed = editing.set_active(list(queryset.values_list("pk", flat=True)), is_active=is_active)
        for promotion in changed:
            self.log_change(request, promotion, f"Switched {word}.")
        count = len(changed)
        text = f"{count} promotion{'' if count == 1 else 's'} switched {word}." if changed else f"They were {word} already."
        self.message_user(request, text, messages.SUCCESS if changed else messages.INFO)

    @admin.display(description="State")
    def state_column(self, promotion: Promotion) -> SafeString:
        state = states.get_state(promotion, timezone.now())
        return render_badge(state.label, STATE_BADGES[state])

    @admin.display(description="What it does")
    def effect_column(self, promotion: Promotion) -> str:
        return descriptions.describe(promotion)

    @admin.display(description="Codes")
    def code_column(self, promotion: Any) -> SafeString | str:
        """Show the only code, or the number of codes."""
        if promotion.kind == Promotion.Kind.AUTOMATIC:
            return "applies by itself"
        if not promotion.code_count:
            return render_badge("no code yet", WARNING)
        return str(promotion.last_code) if promotion.code_count == 1 else f"{promotion.code_count:,} codes"

    @admin.display(description="Used", ordering="used")
    def used_column(self, promotion: Promotion) -> str:
        return "no limit" if promotion.usage_limit is None else f"{promotion.used:,} of {promotion.usage_limit:,}"

    @admin.display(description="What it does")
    def discount(self, promotion: Promotion) -> str:
        """Show the discount to staff who may not change it."""
        return descriptions.describe(promotion)

    @admin.display(description="Only if the buyer pays")
    def payment_column(self, promotion: Promotion) -> str:
        return ", ".join(PAYMENT_METHODS.get(method, method) for method in promotion.payment_methods) or DASH
