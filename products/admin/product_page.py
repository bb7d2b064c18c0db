"""The page of a product for staff: its variants, pictures and stock, and the way to what is done on pages of its own."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.admin import get_staff_actor
from core.exceptions import DomainError
from products.admin.combination_page import CombinationPage
from products.admin.display import get_shop_url
from products.admin.edit_conflicts import get_opening_time
from products.admin.inlines import ImageInline, VariantInline
from products.admin.picture_forms import ImageForm, delete_stored
from products.admin.price_page import PricePage
from products.admin.variant_forms import ProductForm, VariantForm
from products.media import images
from products.models import Product, Variant
from products.services import duplication, listings, products, variants
from products.services.options import list_option_names

READONLY_ROWS = (("slug", "uuid"), ("created_at", "updated_at"))


class ProductPageAdmin(CombinationPage, PricePage):
    """The page of a product. It saves through the services, and keeps what others have changed meanwhile."""

    form = ProductForm
    autocomplete_fields = ("category", "seller")
    readonly_fields = ("slug", "uuid", "created_at", "updated_at")
    fields = (
        "name",
        "description",
        ("category", "seller"),
        ("low_stock_threshold", "is_active"),
        "new_pictures",
        *READONLY_ROWS,
    )
    inlines = (VariantInline, ImageInline)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of a product."""
        views = (
            ("<int:pk>/combinations/", self.combinations_view, "combinations"),
            ("<int:pk>/options/", self.rename_options_view, "options"),
            ("<int:pk>/option-pictures/", self.option_pictures_view, "option_pictures"),
            ("<int:pk>/prices/", self.prices_view, "prices"),
            ("<int:pk>/duplicate/", require_POST(self.duplicate_view), "duplicate"),
        )
        urls = [path(route, self.admin_site.admin_view(view), name=f"products_product_{name}") for route, view, name in views]
        return [*urls, *super().get_urls()]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Product | None:
        """Return a product with its pictures and variants, which decide on the columns of the page."""
        product: Product | None = super().get_object(request, object_id, from_field)
        if product is not None:
            prefetch_related_objects([product], "images", "variants")
        return product

    def get_form(self, request: HttpRequest, obj: Product | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Submit initial values with the form, so that concurrent changes to other fields are not overwritten."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if not self.may_add_pictures(request):
            form.base_fields.pop("new_pictures", None)
        for field in form.base_fields.values():
            field.show_hidden_initial = not isinstance(field, forms.FileField)
        return form

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """Return the rows of the form; a new product has no values yet that nobody enters."""
        fields = super().get_fields(request, obj)
        rows = [row for row in fields if row != "new_pictures" or self.may_add_pictures(request)]
        return [row for row in rows if obj is not None or row not in READONLY_ROWS]

    def may_add_pictures(self, request: HttpRequest) -> bool:
        """Return whether the user may add pictures to products that they may change."""
        return request.user.has_perm("products.add_productimage")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the product, below the way to its other pages."""
        preserved = self.get_preserved_filters(request)
        context = {
            **(extra_context or {}),
            "copy_uuid": uuid4(),
            "product_query": f"?{preserved}" if preserved else "",
            "may_price": self.may_price(request),
            "may_combine": self.may_combine(request),
            "may_duplicate": self.may_duplicate(request),
        }
        return super().change_view(request, object_id, form_url, context)

    def may_duplicate(self, request: HttpRequest) -> bool:
        """Return whether the user may add products with their variants."""
        return request.user.has_perms(("products.add_product", "products.add_variant"))

    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Copy a product, and open the copy. A second click opens the same copy."""
        if not (self.has_view_permission(request) and self.may_duplicate(request)):
            raise PermissionDenied
        try:
            copy = duplication.duplicate(get_staff_actor(request), pk, copy_uuid=_parse_uuid(request.POST.get("copy_uuid", "")))
        except DomainError as error:
            self.message_user(request, f"Not copied: {error.message}", messages.ERROR)
            return redirect("admin:products_product_changelist")
        self.message_user(request, "This is the copy. It is off sale and has no stock.", messages.SUCCESS)
        return redirect(self.build_product_url(request, copy.pk))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Render the form; pictures stored by an invalid submission are deleted."""
        product, product_form = context["original"], context["adminform"].form
        context["shop_url"] = get_shop_url(product) if product is not None and product.is_active else ""
        context["has_options"] = product is not None and bool(list_option_names(product.variants.all()))
        context["has_pictures"] = product is not None and bool(product.images.all())
        delete_stored(getattr(product_form, "cleaned_data", {}).get("new_pictures") or ())
        for inline in context["inline_admin_formsets"]:
            for inline_form in inline.formset.forms:
                if isinstance(inline_form, ImageForm) and inline_form.stored is not None:
                    delete_stored([inline_form.stored])
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Save the changed columns, and the folded name; the product stays locked."""
        products.save_from_admin(obj, form.columns, form.get_seen_columns())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save variants and pictures through the services, which record stock movements and price changes."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        changed = [row for row in formset.forms if row.has_changed()]
        if formset.model is Variant:
            for row in sorted(changed, key=lambda row: row.instance.pk or 2**63):  # in ascending id, the lock order
                _save_variant(get_staff_actor(request), form.instance, row, get_opening_time(request))
            if changed:
                variants.refuse_unsellable(form.instance)
            return
        for row in changed:
            is_deleted = row in formset.deleted_forms
            images.save_from_admin(form.instance, row.instance.pk, row.stored, row.get_changed_columns(), is_deleted=is_deleted)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Add the new pictures after the others, and rebuild the listings after all rows are saved."""
        super().save_related(request, form, formsets, change)
        images.append_images(form.instance, form.cleaned_data.get("new_pictures") or ())
        listings.rebuild_listings([form.instance.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Products are only soft-deleted, by the `retire` action."""
        return False


def _save_variant(actor: Actor, product: Product, row: VariantForm, page_opened_at: datetime | None) -> None:
    """Save a changed row of the variants; one to be deleted is deleted instead, or ignored if it is new."""
    if not row.cleaned_data.get("remove"):
        variants.save_from_admin(
            actor,
            product,
            row.instance.pk,
            row.build_variant_change(),
            stock_delta=row.cleaned_data["on_hand"] - row.get_initial_on_hand(),
            seen=row.get_seen_columns(),
            page_opened_at=page_opened_at,
        )
    elif row.instance.pk is not None:
        variants.soft_delete([row.instance])


def _parse_uuid(text: str) -> UUID:
    """Return the uuid in the text, or a new one."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
