"""What nobody reads in the admin: password hashes, keys and MACs, by whatever page, filter, search or download"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model
from django.test import RequestFactory

from accounts.models import User
from accounts.tests.factories import make_user
from carts.models import Cart
from carts.tests.factories import add_to_cart
from core.secret_columns import is_secret
from orders.models import Order
from orders.tests.factories import customer, placed
from products.tests.factories import make_product
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SECRET_COLUMNS = {
    *("accounts.PhoneCode.code_mac", "accounts.PhoneCode.salt", "accounts.User.password", "carts.Cart.key_hash"),
    *("orders.Order.cart_fingerprint", "orders.Order.idempotency_key", "orders.Order.idempotency_scope"),
    *("orders.Redemption.email_hash", "orders.Redemption.phone_hash", "orders.TrackingEvent.key"),
    *("orders.Order.request_hash", "orders.Payment.checkout_url", "products.ProductImage.digest", "products.SearchDocument.digest"),
    *("sessions.Session.session_data", "sessions.Session.session_key"),
}
REGISTERED = list(admin.site._registry.items())
IDS = [model._meta.label for model, _ in REGISTERED]
EACH_ADMIN = pytest.mark.parametrize(("model", "pages"), REGISTERED, ids=IDS)


def find_secret_paths(model: type[Model], depth: int = 3) -> Iterator[str]:
    """Yield the lookup of every secret column that is reached from the model in this many steps, such as user__password."""
    for field in model._meta.get_fields():
        if isinstance(field.related_model, type) and depth > 1:
            yield from (f"{field.name}__{path}" for path in find_secret_paths(field.related_model, depth - 1))
        elif is_secret(field.name):
            yield field.name


def get_shown_names(pages: Any, request: Any) -> set[str]:
    """Return the columns that the list, the page and its inlines show or search."""
    names = {*pages.get_list_display(request), *pages.get_readonly_fields(request), *pages.get_search_fields(request)}
    names |= {part for entry in pages.get_list_filter(request) for part in (entry if isinstance(entry, tuple) else (entry,))}
    names |= {*flatten_fieldsets(pages.get_fieldsets(request)), *pages.get_autocomplete_fields(request)}
    for inline in pages.inlines:
        names |= {*inline(pages.model, admin.site).get_fields(request)}
    return {part for name in names if isinstance(name, str) for part in name.split("__")}


def make_superuser_request() -> Any:
    """Return a request of a superuser, who sees the most."""
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("root@example.com", "a root of oak")
    return request


def test_every_secret_column_is_known_by_its_name() -> None:
    secret = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if not model._meta.proxy
        for field in model._meta.concrete_fields
        if is_secret(field.name)
    }

    assert secret == SECRET_COLUMNS


@EACH_ADMIN
def test_no_page_shows_or_searches_one(model: type[Model], pages: Any) -> None:
    shown = get_shown_names(pages, make_superuser_request())

    assert [name for name in shown if is_secret(name)] == []


@EACH_ADMIN
def test_no_query_string_filters_by_one(model: type[Model], pages: Any) -> None:
    request = make_superuser_request()
    paths = list(find_secret_paths(model))

    allowed = [
        f"{path}{suffix}"
        for path in paths
        for suffix in ("", "__exact", "__startswith", "__regex", "__gt", "__isnull", "__in")
        if pages.lookup_allowed(f"{path}{suffix}", "p", request)
    ]

    assert allowed == []


@pytest.mark.parametrize(
    "query",
    [
        *("password__startswith=pbkdf2", "password=x", "password__isnull=0", "password__regex=.", "password__contains=a"),
        *("groups__user__password__startswith=p", "auth_sessions__user__password__startswith=p"),
    ],
)
def test_staff_who_see_users_learn_nothing_of_their_passwords(query: str) -> None:
    make_user()
    client = make_staff_client("view_user")

    assert client.get("/admin/accounts/user/").status_code == 200
    assert client.get(f"/admin/accounts/user/?{query}").status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "accounts/authsession/?user__password__startswith=p",
        "accounts/authevent/?user__password__startswith=p",
        "carts/cart/?key_hash__startswith=0",
        "carts/cart/?user__password__startswith=p",
        "orders/order/?idempotency_key__startswith=0",
        "orders/order/?cart__key_hash__startswith=0",
        "orders/refund/?payment__checkout_url__startswith=h",
        "auth/group/?user__password__startswith=p",
        "products/product/?seller__password__startswith=p",
    ],
)
def test_nor_is_a_secret_found_through_another_list(address: str) -> None:
    assert make_superuser_client().get(f"/admin/{address}").status_code == 400


def test_autocomplete_neither_searches_nor_answers_a_secret() -> None:
    ada = make_user("ada@example.com", is_seller=True)
    client = make_superuser_client()
    address = "/admin/autocomplete/?app_label=products&model_name=product&field_name=seller&term="

    found = client.get(f"{address}ada")
    by_hash = client.get(f"{address}{ada.password[:12]}")

    assert found.json()["results"] == [{"id": str(ada.pk), "text": "ada@example.com"}]
    assert by_hash.json()["results"] == []
    assert make_staff_client("view_product").get(f"{address}ada").status_code == 403


def test_a_guests_cart_is_found_by_its_label_and_by_no_more_of_its_hash() -> None:
    guest = SchemaClient()
    add_to_cart(guest, make_product())
    key_hash = str(Cart.objects.get().key_hash)
    client = make_superuser_client()

    def count(term: str) -> bool:
        return f"guest {key_hash[:8]}" in client.get("/admin/carts/cart/", {"q": term}).content.decode().split("<table", 1)[-1]

    assert [count(term) for term in (key_hash[:8], f"guest {key_hash[:8]}", key_hash[:8].upper())] == [True] * 3
    assert [count(term) for term in (key_hash[:9], key_hash[:7], key_hash)] == [False] * 3


def test_no_page_and_no_download_holds_one() -> None:
    client = customer()
    add_to_cart(client, make_product())
    placed(client)
    add_to_cart(SchemaClient(), make_product("Mug"))
    order, staff = Order.objects.get(), make_superuser_client()
    secrets = {
        *(user.password for user in User.objects.all()),
        *(str(cart.key_hash) for cart in Cart.objects.exclude(key_hash=None)),
        *(order.idempotency_key or "", order.idempotency_scope, order.request_hash, order.cart_fingerprint),
    } - {""}
    bodies = []

    for model, _ in REGISTERED:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        pks = model._default_manager.values_list("pk", flat=True)
        bodies += [staff.get(page).content.decode() for page in (address, *(f"{address}{pk}/change/" for pk in pks))]
    for address, pk in (("orders/order", order.pk), ("products/stockmovement", 1)):
        download = staff.post(f"/admin/{address}/", {"action": "as_csv", "_selected_action": [pk], "select_across": "1"})
        bodies.append(b"".join(download.streaming_content).decode())  # type: ignore[attr-defined]

    assert len(secrets) >= 4
    assert [secret for secret in secrets if any(secret in body for body in bodies)] == []
