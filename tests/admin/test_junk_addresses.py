"""Addresses of the admin with junk in them: a page or a refusal, never a crash"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.test import Client

from products.models import Category
from products.tests.factories import make_category, make_product
from tests.admin.staff_clients import make_superuser_client

pytestmark = pytest.mark.django_db

JUNK = ["0", "x", "99999999999999999999"]
LOOKUPS = ["", "_in", "__year", "__in"]


@pytest.fixture
def staff() -> Client:
    """The client of a superuser; a crash is answered with 500."""
    client = make_superuser_client()
    client.raise_request_exception = False
    return client


def iter_lists() -> Iterator[str]:
    """Yield the path of each list of the admin."""
    for model in admin.site._registry:
        yield f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def get_filters(path: str) -> list[str]:
    """Return the columns that a list is filtered by, by its filters or by primary key."""
    model, model_admin = next(item for item in admin.site._registry.items() if path.split("/")[3] == item[0]._meta.model_name)
    listed: Any = [item[0] if isinstance(item, tuple) else item for item in model_admin.list_filter]
    names = [item if isinstance(item, str) else item.parameter_name for item in listed]
    return [*names, model._meta.pk.name]


@pytest.mark.parametrize("path", list(iter_lists()))
def test_no_filter_brings_a_list_down(staff: Client, path: str) -> None:
    queries = [f"{name}{lookup}={junk}" for name in get_filters(path) for lookup in LOOKUPS for junk in JUNK]
    queries += [f"{name}={junk}" for name in ("q", "p", "o", "_to_field") for junk in JUNK]

    crashed = [query for query in queries if staff.get(f"{path}?{query}").status_code >= 500]

    assert crashed == []


def test_a_year_of_dates_is_a_filter(staff: Client) -> None:
    queries = ("created_at__year=2026", "created_at__year=9999", "created_at__iso_year=2026", "created_at__year=x")

    assert [staff.get(f"/admin/orders/order/?{query}").status_code for query in queries] == [200, 200, 200, 302]


def test_a_fault_in_a_list_is_not_taken_for_a_wrong_filter(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("a fault of the shop")

    monkeypatch.setattr(ChangeList, "get_results", fail)

    assert staff.get("/admin/orders/order/").status_code == 500


def test_a_filter_that_a_column_cannot_hold_leads_to_the_page_for_wrong_filters(staff: Client) -> None:
    years = ("0", "-1", "10000", "2147483648", "99999999999999999999", "1" * 5000)
    lookups = ("year", "iso_year", "year__gte", "year__lt", "year__in", "year__range")
    queries = [f"created_at__{lookup}={year}" for lookup in lookups for year in years]
    for query in (*queries, "created_at__year=2026&created_at__year=0", "created_at__year__in=2026,0"):
        response = staff.get(f"/admin/orders/order/?{query}")

        assert (response.status_code, response["Location"]) == (302, "/admin/orders/order/?e=1")


@pytest.mark.parametrize("path", list(iter_lists()))
def test_no_address_of_a_record_brings_the_admin_down(staff: Client, path: str) -> None:
    urls = [f"{path}{junk}/{view}" for junk in JUNK for view in ("change/", "history/", "delete/")]
    urls += [f"{path}add/?{name}={junk}" for name in ("parent", "category", "user") for junk in JUNK]

    crashed = [url for url in urls if staff.get(url).status_code >= 500]

    assert crashed == []


def test_an_unknown_parent_is_left_out_of_an_empty_form(staff: Client) -> None:
    parent = make_category()

    pages = [staff.get(f"/admin/products/category/add/?parent={value}") for value in ("x", "99999999999999999999", parent.pk)]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert [page.context["adminform"].form.initial.get("parent") for page in pages] == [None, None, str(parent.pk)]


@pytest.mark.parametrize("page", ["0", "x", "99999999999999999999", "-1"])
def test_a_page_of_the_search_that_does_not_exist_is_not_found(staff: Client, page: str) -> None:
    make_product(name="Lamp")

    assert staff.get(f"/admin/search/?s=lamp&extended=1&page={page}").status_code == 404


@pytest.mark.parametrize("key", ["x", "99999999999999999999", "\0"])
def test_an_action_on_a_row_that_cannot_exist_changes_nothing(staff: Client, key: str) -> None:
    category = make_category()
    action = {"action": "delete_selected", "_selected_action": [str(category.pk), key], "post": "yes"}

    response = staff.post("/admin/products/category/", action)

    assert (response.status_code, response["Location"]) == (302, "/admin/products/category/")
    assert Category.objects.get() == category


@pytest.mark.parametrize(
    "url",
    [
        "/admin/orders/order/?market=%00",
        "/admin/accounts/user/?market=%00",
        "/admin/orders/order/?q=%00",
        "/admin/orders/order/%00/change/",
        "/admin/autocomplete/?app_label=products&model_name=product&field_name=category&term=%00",
        "/admin/autocomplete/?app_label=%00&model_name=product&field_name=category&term=a",
    ],
)
def test_a_nul_in_an_address_is_refused(staff: Client, url: str) -> None:
    response = staff.get(url)

    assert (response.status_code, response.content) == (400, b"The address contains a NUL character.")
