"""Migrations do the same however the code changes after them, and leave room for the previous release while it still runs"""

import ast
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps.registry import Apps
from django.conf import settings
from django.db import connection
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).parents[1]
APPS = ("accounts", "carts", "core", "orders", "products")
# Django writes a field's class and where its files go as references to the code, and compares them with the models'.
REFERENCES = {("carts", "core.money"), ("orders", "core.money"), ("products", "core.money"), ("products", "products.models")}
# The last migrations of the previous release, whose processes may still run while these are applied.
PREVIOUS = {"accounts": "0003", "carts": "0003", "core": "0001", "orders": "0003", "products": "0004"}


def list_imports(path: Path) -> set[str]:
    """Return the modules of the project that a module imports; those beside it are part of the migrations."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
    own = f"{path.parent.parent.name}.migrations."
    return {name for name in names if name.split(".")[0] in (*APPS, "pricing", "store") and not name.startswith(own)}


def test_no_migration_calls_code_that_may_change_after_it() -> None:
    paths = [path for app in APPS for path in sorted((ROOT / app / "migrations").glob("*.py"))]

    imports = {(path.parts[-3], name) for path in paths for name in list_imports(path)}

    assert len(paths) > 20
    assert imports == REFERENCES


@cache
def load_migrations() -> MigrationLoader:
    """Return the migrations of all apps."""
    return MigrationLoader(None)


def get_name(app: str, number: str) -> str:
    """Return the name of the migration with this number."""
    return next(name for label, name in load_migrations().disk_migrations if label == app and name.startswith(number))


def iter_added_fields() -> Iterator[tuple[str, AddField]]:
    """Yield the columns that migrations have added to tables since the previous release."""
    for (app, name), migration in load_migrations().disk_migrations.items():
        if app in PREVIOUS and name[:4] > PREVIOUS[app]:
            yield from ((f"{app}.{name}", operation) for operation in migration.operations if isinstance(operation, AddField))


def test_a_column_added_to_a_table_has_a_value_if_the_code_does_not_know_it() -> None:
    added = {f"{name}: {field.name}": field.field for name, field in iter_added_fields()}

    assert "orders.0005_order_phone_e164: phone_e164" in added
    assert [name for name, field in added.items() if not (field.null or field.has_db_default() or field.many_to_many)] == []


@pytest.fixture
def previous(db: None) -> Apps:
    """The models as the previous release knows them."""
    nodes = [(app, get_name(app, number)) for app, number in PREVIOUS.items()]
    return load_migrations().project_state(nodes).apps


def create_row(previous: Apps, model: str, **columns: Any) -> Any:
    """Insert a row as the previous release does, naming its columns and no others, and read it back."""
    rows = previous.get_model(model)._default_manager
    return rows.get(pk=rows.create(**columns).pk)


def test_the_previous_release_can_still_write_products_orders_and_accounts(previous: Apps) -> None:
    price = Decimal("20.000")

    user = create_row(previous, settings.AUTH_USER_MODEL, email="ada@example.com")
    product = create_row(previous, "products.Product", name="Lamp", slug="lamp", search_name="lamp", search_text="bright")
    variant = create_row(previous, "products.Variant", product=product, sku="LAMP", price=price)
    cart = create_row(previous, "carts.Cart", user=user, market="in")
    address = create_row(previous, "orders.Address", user=user, full_name="Ada", line1="1 Road", city="Pune", country="IN")
    amounts = {"subtotal": price, "total": price, "currency": "INR"}
    states = {"number": "261129-ABCDEF", "status": "processing", "payment_method": "stripe", "market": "in"}
    order = create_row(previous, "orders.Order", user=user, cart=cart, cart_fingerprint="f", **states, **amounts)
    about = {"amount": price, "amount_minor": 2000}
    payment = create_row(previous, "orders.Payment", order=order, provider="stripe", currency="INR", **about)
    create_row(previous, "orders.Refund", payment=payment, source="staff", **about)
    create_row(previous, "accounts.AuthEvent", user=user, event="login_ok")

    assert (product.search_text, variant.sku, address.city) == ("bright", "LAMP", "Pune")
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone_e164, guest_network FROM orders_order")
        assert cursor.fetchall() == [("", "")]
        cursor.execute("SELECT session_format FROM orders_payment")
        assert cursor.fetchall() == [(0,)]
        cursor.execute("SELECT refusals FROM orders_refund")
        assert cursor.fetchall() == [(0,)]
