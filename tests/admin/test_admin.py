"""/admin/: what staff see, and what their changes write."""

import re
from hashlib import sha256

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import make_access_token, make_user
from carts.models import Cart
from orders.models import Order
from products.models import Listing, MarketPrice, Product, StockMovement, Variant
from products.tests.factories import get_only_variant, make_category, make_product
from tests.schema_client import SchemaClient

LISTS = [
    *("accounts/customer", "orders/guest", "accounts/user", "products/product", "products/category", "products/stockmovement"),
    *("carts/cart", "carts/cartauditlog", "orders/order", "core/job"),
]


@pytest.fixture
def staff_client(db: None) -> Client:
    """The client of a member of staff."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def place_guest_order(api: SchemaClient, name: str) -> str:
    """Order one unit of a new product as a guest and return the order number."""
    product = make_product(
        name, sku=name.upper(), category=make_category(f"Category of {name}"), seller_id=make_user(f"{name}@example.com").pk
    )
    api.post("/api/cart/add/", {"product_id": product.pk})
    body = {"payment_method": "cod", "name": "Ada", "email": f"{name}@example.com", "address": "12 Hill Road"}
    number: str = api.post("/api/orders/create/", body).json()["data"]["number"]
    return number


@pytest.mark.parametrize("page", LISTS)
def test_a_list_costs_the_same_for_one_row_and_for_six(staff_client: Client, api: SchemaClient, page: str) -> None:
    place_guest_order(api, "lamp")
    staff_client.get(f"/admin/{page}/")
    with CaptureQueriesContext(
        connection,
    ) as single:
        response = staff_client.get(f"/admin/{page}/")
    assert response.status_code == 200
    for name in ("mug", "pot", "pan", "jug", "cup"):
        place_guest_order(api, name)

    with CaptureQueriesContext(connection) as six:
        staff_client.get(f"/admin/{page}/")

    assert len(six) == len(single)


@pytest.mark.parametrize("page", LISTS)
def test_every_list_can_be_searched(staff_client: Client, page: str) -> None:
    response = staff_client.get(f"/admin/{page}/", {"q": "lamp 7 %_'"})

    assert response.status_code == 200


def test_an_order_is_shown_whole_and_cannot_be_changed(staff_client: Client, api: SchemaClient) -> None:
    number = place_guest_order(api, "lamp")
    order = Order.objects.get(number=number)

    page = staff_client.get(f"/admin/orders/order/{order.pk}/change/")
    change = staff_client.post(f"/admin/orders/order/{order.pk}/change/", {"total": "1"})

    assert number in page.content.decode()
    assert "LAMP" in page.content.decode()
    assert change.status_code == 403
    order.refresh_from_db()
    assert order.total == 20


def test_a_cart_is_shown_with_its_lines_and_its_history(staff_client: Client, api: SchemaClient) -> None:
    lamp = make_product("Lamp")
    api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 3})
    cart = Cart.objects.get()

    page = staff_client.get(f"/admin/carts/cart/{cart.pk}/change/").content.decode()

    assert "Item Added" in page
    assert str(cart.key_hash)[:8] in page
    assert str(cart.key_hash) not in page


def make_product_form(product: Product, **changed: str) -> dict[str, str]:
    """Return the product form as a browser would submit it, with its hidden initial values."""
    variant = get_only_variant(product)
    product_fields = {
        **{"name": product.name, "description": product.description, "category": str(product.category_id or "")},
        **{"seller": str(product.seller_id or ""), "low_stock_threshold": str(product.low_stock_threshold)},
        "is_active": "on" if product.is_active else "",
    }
    variant_fields = {
        **{"sku": variant.sku, "name": variant.name, "price": f"{variant.price:.2f}"},
        **{f"option_{number}": value for number, value in enumerate(variant.options.values())},
        "image": str(variant.image_id or ""),
        **{"on_hand": str(variant.stock), "position": str(variant.position)},
        "is_active": "on" if variant.is_active else "",
    }
    fields = product_fields | {f"variants-0-{name}": value for name, value in variant_fields.items()}
    initial = {f"initial-{name}": value for name, value in fields.items()} if "variants-INITIAL_FORMS" not in changed else {}
    form = {
        **{
            "variants-TOTAL_FORMS": "1",
            "variants-INITIAL_FORMS": "1",
            "variants-MIN_NUM_FORMS": "1",
            "variants-MAX_NUM_FORMS": "9",
        },
        **{"images-TOTAL_FORMS": "0", "images-INITIAL_FORMS": "0", "images-MIN_NUM_FORMS": "0", "images-MAX_NUM_FORMS": "9"},
        "variants-MAX_NUM_FORMS": "9",
        **{"variants-0-id": str(variant.pk), "variants-0-product": str(product.pk)},
    }
    return form | initial | fields | changed


def test_a_changed_stock_is_a_movement_and_a_changed_price_is_listed(staff_client: Client) -> None:
    lamp = make_product(price="20.00", stock=10)

    form = make_product_form(lamp, **{"variants-0-on_hand": "7", "variants-0-price": "25.00"})
    response = staff_client.post(f"/admin/products/product/{lamp.pk}/change/", form)

    assert response.status_code == 302
    movement = StockMovement.objects.latest("id")
    assert (movement.delta, movement.reason, str(movement.user)) == (-3, "correction", "staff@example.com")
    assert get_only_variant(lamp).stock == 7
    assert Listing.objects.get(product=lamp, market="in").price == 25


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("on_hand", "3"), ("on_hand", "-1"), ("on_hand", "1.5"), ("price", "25.555"), ("price", "-1"), ("price", "99999999")),
        ("sku", ""),
    ],
)
def test_invalid_input_is_reported_and_nothing_changes(staff_client: Client, field: str, value: str) -> None:
    lamp = make_product(price="20.00", stock=10)
    Variant.objects.update(reserved=4)
    before = list(Variant.objects.values()), list(StockMovement.objects.values()), list(MarketPrice.objects.values())

    response = staff_client.post(
        f"/admin/products/product/{lamp.pk}/change/", make_product_form(lamp, **{f"variants-0-{field}": value})
    )

    assert response.status_code == 200
    assert "Please correct the error" in response.content.decode()
    assert (list(Variant.objects.values()), list(StockMovement.objects.values()), list(MarketPrice.objects.values())) == before


def test_a_new_product_is_for_sale_with_its_first_stock_on_record(staff_client: Client, api: SchemaClient) -> None:
    form = make_product_form(
        make_product("Lamp"), name="Pot", **{"variants-INITIAL_FORMS": "0", "variants-0-id": "", "variants-0-product": ""}
    )
    form |= {"variants-0-sku": "POT", "variants-0-on_hand": "4"}

    response = staff_client.post("/admin/products/product/add/", form)

    assert response.status_code == 302
    assert api.get("/api/products/pot/").json()["data"]["stock"] == 4
    assert StockMovement.objects.filter(variant__sku="POT", delta=4, reason="initial").count() == 1


def test_the_admin_calls_staff_by_their_names(staff_client: Client) -> None:
    User.objects.update(first_name="Ada", last_name="Lovelace")

    page = staff_client.get("/admin/").content.decode()

    assert re.search(r">\s*Ada Lovelace\s*<", page)


def test_a_retired_product_is_gone_from_the_shop_and_still_on_record(staff_client: Client, api: SchemaClient) -> None:
    lamp = make_product("Lamp")

    form_data = {"action": "retire", "_selected_action": [str(lamp.pk)], "confirmed": sha256(f"[{lamp.pk}]".encode()).hexdigest()}
    staff_client.post("/admin/products/product/", form_data)

    assert api.get(f"/api/products/{lamp.pk}/").status_code == 404
    assert Product.objects.filter(pk=lamp.pk, is_active=False).exists()


def test_a_user_is_stored_in_normal_form_and_without_a_password(staff_client: Client) -> None:
    form = {"email": "New@Example.com", "auth_sessions-TOTAL_FORMS": "0", "auth_sessions-INITIAL_FORMS": "0", "is_active": "on"}

    response = staff_client.post("/admin/accounts/user/add/", form)

    assert response.status_code == 302
    assert not User.objects.get(email="new@example.com").has_usable_password()


@pytest.mark.parametrize("form", [{"email": ""}, {"email": "new@127.0.0.1"}, {"email": "STAFF@example.com"}])
def test_a_user_that_cannot_be_is_refused(staff_client: Client, form: dict[str, str]) -> None:
    form |= {"auth_sessions-TOTAL_FORMS": "0", "auth_sessions-INITIAL_FORMS": "0"}

    response = staff_client.post("/admin/accounts/user/add/", form)

    assert response.status_code == 200
    assert User.objects.count() == 1


def test_no_one_else_gets_in(api: SchemaClient, db: None) -> None:
    client = Client()
    client.force_login(make_user())

    assert client.get("/admin/orders/order/").status_code == 302
    assert Client().get("/admin/").status_code == 302


def test_a_page_that_was_opened_before_a_sale_does_not_put_the_sold_units_back(staff_client: Client, api: SchemaClient) -> None:
    lamp = make_product(price="20.00", stock=10)
    form_data = make_product_form(lamp, description="A better text", **{"initial-variants-0-on_hand": "10"})
    api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 3})
    api.post("/api/orders/create/", {"payment_method": "cod", "name": "Ada", "email": "a@example.com", "address": "12 Hill Road"})

    assert staff_client.post(f"/admin/products/product/{lamp.pk}/change/", form_data).status_code == 302
    assert get_only_variant(lamp).stock == 7

    staff_client.post(f"/admin/products/product/{lamp.pk}/change/", form_data | {"variants-0-on_hand": "12"})
    assert get_only_variant(lamp).stock == 9
    assert list(StockMovement.objects.order_by("id").values_list("delta", flat=True)) == [10, -3, 2]


@pytest.fixture
def clerk_client(db: None) -> Client:
    """The client of a member of staff who may change users and is no superuser."""
    user = make_user("clerk@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    client = Client()
    client.force_login(user)
    return client


def test_only_a_superuser_grants_rights(clerk_client: Client) -> None:
    user = User.objects.get(email="clerk@example.com")
    form = {"email": "clerk@example.com", "is_active": "on", "is_staff": "on", "is_superuser": "on", "market": "us"}
    form |= {"auth_sessions-TOTAL_FORMS": "0", "auth_sessions-INITIAL_FORMS": "0"}

    clerk_client.post(f"/admin/accounts/user/{user.pk}/change/", form)

    user.refresh_from_db()
    assert (user.market, user.is_superuser) == ("us", False)


def test_only_a_superuser_changes_a_superuser(clerk_client: Client) -> None:
    root = User.objects.create_superuser("root@example.com", "a root of oak")

    response = clerk_client.post(f"/admin/accounts/user/{root.pk}/change/", {"email": "mine@example.com"})

    assert response.status_code == 403
    assert User.objects.filter(email="root@example.com").exists()


def test_a_changed_password_ends_the_sessions_of_the_api(staff_client: Client, api: SchemaClient) -> None:
    token = make_access_token(User.objects.get(email="staff@example.com"))
    form = {"old_password": "a staff of oak", "new_password1": "a staff of pine", "new_password2": "a staff of pine"}

    response = staff_client.post("/admin/password_change/", form)

    assert response.status_code == 302
    assert api.bearer(token).get("/api/auth/me/").status_code == 401


def test_the_admin_is_found_without_its_last_slash(db: None) -> None:
    assert Client().get("/admin")["Location"] == "/admin/"


def test_a_form_without_its_token_is_refused_in_the_one_shape(db: None) -> None:
    browser = Client(enforce_csrf_checks=True)

    response = browser.post("/admin/login/", {"username": "staff@example.com", "password": "a staff of oak"})

    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
