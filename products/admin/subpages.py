"""What the pages below the page of a product share."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from core.admin import ModelAdmin, ServiceBackedAdmin
from products.models import Product


class ProductSubpages(ServiceBackedAdmin[Product], ModelAdmin[Product]):
    """Base class of the admin of products: pages that do one thing with a product and lead back to it."""

    def get_product(self, pk: int) -> Product:
        """Return a product that is not deleted. Raises Http404."""
        return get_object_or_404(Product, pk=pk, deleted_at=None)

    def build_product_url(self, request: HttpRequest, product_id: int) -> str:
        """Return the address of a product's page that knows the list which it was opened from."""
        preserved = self.get_preserved_filters(request)
        url = reverse("admin:products_product_change", args=[product_id])
        return f"{url}?{preserved}" if preserved else url

    def render_subpage(self, request: HttpRequest, product: Product, template: str, **context: Any) -> HttpResponse:
        """Return a page below that of the product."""
        page = {
            **self.admin_site.each_context(request),
            "original": product,
            "product": product,
            "opts": self.opts,
            "product_url": self.build_product_url(request, product.pk),
            **context,
        }
        return TemplateResponse(request, f"admin/products/product/{template}", page)
