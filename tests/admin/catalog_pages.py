"""The pages that staff work on the catalog with, for the admin tests."""

import re
from html import unescape
from typing import Any

from django.test import Client

from products.models import BulkPriceChange, Product, Variant

PRODUCTS = "/admin/products/product/"
RECEIVE = "/admin/products/delivery/add/"


def read(response: Any) -> str:
    """Return the text of a page, with its entities as characters."""
    assert response.status_code == 200, response
    return unescape(response.content.decode())


def read_text(response: Any) -> str:
    """Return what a page says, without markup, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def copy_products(product: Product, count: int) -> None:
    """Add this number of copies of a simple product."""
    variant = Variant.objects.get(product=product)
    columns = {"category_id": product.category_id, "low_stock_threshold": 5, "search_name": product.search_name}
    copies = Product.objects.bulk_create(
        Product(name=f"{product.name} {number}", slug=f"{product.slug}-{number}", **columns) for number in range(count)
    )
    Variant.objects.bulk_create(
        Variant(product=copy, sku=f"{variant.sku}-{number}", price=variant.price, stock=variant.stock)
        for number, copy in enumerate(copies)
    )


def list_names(client: Client, query: str = "") -> list[str]:
    """Return the names of the products in the list, as it shows them."""
    page: Any = client.get(f"{PRODUCTS}{query}")
    assert page.status_code == 200
    return [product.name for product in page.context["cl"].result_list]


def build_list_form(client: Client, query: str = "") -> dict[str, str]:
    """Return the form of the list as a browser would submit it."""
    page: Any = client.get(f"{PRODUCTS}{query}")
    formset = page.context["cl"].formset
    fields = {"stock_reason": "correction", "_save": "Save"}
    fields |= {f"form-{name}_FORMS": str(formset.management_form[f"{name}_FORMS"].value()) for name in ("TOTAL", "INITIAL")}
    for form in formset.forms:
        for bound in form:
            value = "on" if bound.value() is True else "" if bound.value() in (False, None) else str(bound.value())
            fields |= {bound.html_name: value}
            if bound.field.show_hidden_initial:
                fields |= {bound.html_initial_name: value}
    return fields


def type_into(form: dict[str, str], product: Product, **typed: str) -> dict[str, str]:
    """Return the form of the list with other values in the row of a product."""
    prefix = next(name.removesuffix("-id") for name, value in form.items() if name.endswith("-id") and value == str(product.pk))
    return form | {f"{prefix}-{name}": value for name, value in typed.items()}


def run_bulk(client: Client, action: str, *products: Product, **fields: str) -> Any:
    """Run an action on selected products; follow to the page after it."""
    selected = [str(product.pk) for product in products]
    return client.post(PRODUCTS, {"action": action, "_selected_action": selected, **fields}, follow=True)


def confirm_bulk(client: Client, action: str, *products: Product, **fields: str) -> Any:
    """Run an action on selected products that has a page, and send the page with these values."""
    page = run_bulk(client, action, *products)
    return run_bulk(client, action, *products, confirmed=page.context["digest"], **fields)


def preview_prices(client: Client, *products: Product, **rule: str) -> Any:
    """Ask for a change of prices, 10 per cent lower unless the rule says otherwise; return the page with the preview."""
    fields = {"direction": "lower", "value": "10", "unit": "percent", "market": "", "rounding": "exact", "compare_at": "keep"}
    return confirm_bulk(client, "change_prices", *products, **{**fields, **rule})


def apply_prices(client: Client) -> Any:
    """Confirm the last preview; follow to the page after it."""
    return client.post(f"/admin/products/bulkpricechange/{BulkPriceChange.objects.latest('pk').pk}/apply/", follow=True)


def preview_delivery(client: Client, lines: str, **fields: Any) -> Any:
    """Send the form of a delivery; return the page with the preview."""
    page = client.get(RECEIVE).context["form"]["page"].value()
    return client.post(RECEIVE, {"page": page, "reference": "DN-7", "lines": lines, "preview": "1", **fields})


def receive_delivery(client: Client, preview: Any, **changed: str) -> Any:
    """Confirm a preview; follow to the page after it."""
    form = preview.context["form"]
    fields = {name: form[name].value() for name in ("page", "reference", "lines")}
    return client.post(RECEIVE, {**fields, "previewed": preview.context["digest"], "receive": "1", **changed}, follow=True)
