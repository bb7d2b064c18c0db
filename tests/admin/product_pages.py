"""The pages of a product in the admin, and their forms as a browser submits them."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client

from products.models import Product

PRODUCTS = "/admin/products/product/"
UNSENT = ("file", "submit", "checkbox", "radio")  # inputs whose values a browser does not always submit


class _FormReader(HTMLParser):
    """Collects the fields of the forms that submit to the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.is_inside = False
        self.textarea = self.select = ""

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        """Read a field."""
        attrs = dict(attributes)
        name = attrs.get("name", "")
        if tag == "form":
            self.is_inside = attrs.get("action") in (None, "") and attrs.get("method") == "post"
        elif not self.is_inside or "__prefix__" in name:
            return
        elif tag == "textarea":
            self.textarea, self.fields[name] = name, ""
        elif tag == "select":
            self.select, self.fields[name] = name, ""
        elif tag == "option" and self.select and "selected" in attrs:
            self.fields[self.select] = attrs.get("value", "")
        elif tag == "input" and name and ("checked" in attrs or attrs.get("type") not in UNSENT):
            self.fields[name] = attrs.get("value", "on" if attrs.get("type") == "checkbox" else "")

    def handle_endtag(self, tag: str) -> None:
        """End a field or a form."""
        if tag == "textarea":
            self.fields[self.textarea] = self.fields.get(self.textarea, "").removeprefix("\n").removeprefix("\r\n")
            self.textarea = ""
        elif tag == "select":
            self.select = ""
        elif tag == "form":
            self.is_inside = False

    def handle_data(self, data: str) -> None:
        """Read the text of a text area."""
        if self.textarea:
            self.fields[self.textarea] += data


def read_form(page: str) -> dict[str, str]:
    """Return the fields of the form on a page, as a browser would submit them unchanged."""
    reader = _FormReader()
    reader.feed(page)
    return {name: value for name, value in reader.fields.items() if name != "csrfmiddlewaretoken"}


def open_page(client: Client, product: Product, page: str = "change") -> str:
    """Return a page of a product."""
    response = client.get(f"{PRODUCTS}{product.pk}/{page}/")
    assert response.status_code == 200, response
    return response.content.decode()


def open_form(client: Client, product: Product, page: str = "change") -> dict[str, Any]:
    """Return the form of a page of a product."""
    return read_form(open_page(client, product, page))


def submit(client: Client, product: Product, form: dict[str, Any], page: str = "change") -> Any:
    """Submit the form of a page and return the response."""
    return client.post(f"{PRODUCTS}{product.pk}/{page}/", form)
