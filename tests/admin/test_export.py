"""/admin/products/product/export/: the catalog as a file that the import reads back without a change"""

import json
from typing import Any

import pytest
from django.test import Client

from products.models import Product
from products.tests.export_file import ODD_TEXTS, make_full_shop
from products.tests.factories import make_products
from products.tests.import_file import dump_shop
from tests.admin.import_pages import confirm_and_import, get_counts, upload_and_check
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
EXPORT = "/admin/products/product/export/"
PRODUCTS = 6 + len(ODD_TEXTS)  # created by `make_full_shop`


def download(client: Client, form: str) -> bytes:
    """Return the exported file."""
    response: Any = client.get(f"{EXPORT}{form}/")
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="products.{form}"'
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_exported_is_imported_without_a_change(form: str) -> None:
    make_full_shop()
    client, before = make_superuser_client(), dump_shop()

    run = upload_and_check(client, download(client, form), name=f"products.{form}", deactivate_missing="on")
    confirm_and_import(client, run)

    assert (run.state, get_counts(run), run.failed_pictures_count) == ("done", (0, 0, PRODUCTS, 0, 0), 0)
    assert dump_shop() == before


def test_csv_is_for_spreadsheets_and_json_for_programs() -> None:
    make_full_shop()
    client = make_superuser_client()

    assert download(client, "csv").startswith(b"\xef\xbb\xbfgroup,sku,name,")
    assert "'＝1+1".encode() in download(client, "csv")
    assert len(json.loads(download(client, "json"))) == PRODUCTS


def test_an_export_needs_the_right_to_view_products() -> None:
    make_full_shop()
    clerk = make_staff_client("view_category")

    assert [clerk.get(f"{EXPORT}{form}/").status_code for form in ("csv", "json")] == [403, 403]
    assert Client().get(f"{EXPORT}csv/").status_code == 302


def test_staff_who_may_view_products_find_the_export_on_their_list_and_not_the_import() -> None:
    make_full_shop()
    clerk = make_staff_client("view_product")

    page = clerk.get("/admin/products/product/").content.decode()

    assert f'href="{EXPORT}csv/"' in page
    assert f'href="{EXPORT}json/"' in page
    assert "/admin/products/importrun/" not in page
    assert download(clerk, "csv")
    assert clerk.get(f"{EXPORT}xml/").status_code == 404


def test_staff_who_may_import_find_it_on_the_list_of_products() -> None:
    clerk = make_staff_client("view_product", "add_product", "change_product")

    page = clerk.get("/admin/products/product/").content.decode()

    assert page.count('href="/admin/products/importrun/"') == 2


def test_an_export_costs_the_same_for_1_product_and_for_50() -> None:
    client = make_superuser_client()

    def count() -> int:
        with capture_statements() as statements:
            download(client, "json")
        return len(statements)

    make_products("A")
    small = count()
    make_products(*(f"P {number}" for number in range(49)))

    assert (Product.objects.count(), count()) == (50, small)
