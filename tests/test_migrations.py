"""Migrations do the same however the code changes after them, and leave room for the previous release while it still runs"""

import ast
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection
from django.db.migrations import AddField, AlterField, AlterModelOptions, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart
from orders.models import Address, Order, OrderAdjustment
from orders.tests.factories import placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient
from tests.upgrade import previous_release

ROOT = Path(__file__).parents[1]
APPS = ("accounts", "carts", "core", "orders", "pricing", "products")
# Django writes a field's class, its default and where its files go as references to the code, and compares them with the models'.
REFERENCES = {
    *(("carts", "core.money"), ("orders", "core.money"), ("pricing", "core.money"), ("products", "core.money")),
    ("products", "products.models"),
    *(("core", "core.request_ids"), ("orders", "core.request_ids")),
}
# The last migrations of the previous release, whose processes may still run while these are applied.
PREVIOUS = previous_release.list_last_migrations()

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

# What else migrations have done since then, and why the previous release can go on serving.
WIDER = "PostgreSQL widens a varchar without reading the table"
SHORT = "an index of one table, built in seconds while writes to it wait"
CHECKED = "the rows of the previous release fulfil it, and are checked without a lock that stops writes"
ROWS = "writes rows in batches or to new tables, and locks no table"
HARMLESS = {
    "accounts.0007_customers_and_notes: RunPython grant_permissions": ROWS,
    "orders.0005_order_phone_e164: AlterField address phone": WIDER,
    "orders.0005_order_phone_e164: AlterField order phone": WIDER,
    "orders.0005_order_phone_e164: AddIndex order order_phone": SHORT,
    "orders.0006_order_phone_e164_rows: RunPython fill": ROWS,
    "orders.0007_unpaid_orders_and_disputes: RunPython create_disputes": ROWS,
    "orders.0012_large_shops: RunPython create_search_indexes": "built concurrently",
    "orders.0013_adjustments_and_redemptions: AlterField payment session_format": "a default only",
    "orders.0014_order_totals: AddConstraintWhileInUse order": CHECKED,
    "orders.0014_order_totals: AddConstraintWhileInUse orderitem": CHECKED,
    "orders.0014_order_totals: RunPython create_tax_rows": ROWS,
    "orders.0018_country_codes: RunPython store_codes": ROWS,
    "orders.0020_parcels_of_sent_orders: RunPython create_parcels": ROWS,
    "products.0009_search_documents: DeleteModel SearchDocument": "was a view of the product table; nothing is dropped",
    "products.0009_search_documents: RunPython create_vectors": ROWS,
    "products.0009_search_documents: RunPython fill": ROWS,
    "products.0009_search_documents: RunPython create_indexes": "of the new table",
    "products.0009_search_documents: AddIndex searchword search_word_second_letters": SHORT,
    "products.0009_search_documents: AlterField product search_text": "a default only, at the end",
    "products.0009_search_documents: SeparateDatabaseAndState": "the column stays for the previous release",
    "products.0011_search_matches: RunPython enqueue_indexing": ROWS,
    "products.0014_filter_terms: RunPython create_index": "built concurrently",
    "products.0014_filter_terms: RunPython enqueue_indexing": ROWS,
}


def list_imports(path: Path) -> set[str]:
    """Return the modules of the project that a module imports; those beside it are part of the migrations."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
    own = f"{path.parent.parent.name}.migrations."
    return {name for name in names if name.split(".")[0] in (*APPS, "store") and not name.startswith(own)}


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


def find_column(state: ProjectState, app: str, operation: AlterField) -> Any:
    """Return the field that an operation changes, as the models of this state know it."""
    return state.apps.get_model(app, operation.model_name)._meta.get_field(operation.name)


def can_block(operation: Operation, app: str, before: ProjectState, tables: Container[tuple[str, str]]) -> bool:
    """Return whether an operation may stop the previous release: it locks a table of that, or changes what its code relies on.

    Columns are tested below. New tables, indexes that are built concurrently, options of models, and texts of a field stop nothing.
    """
    if isinstance(operation, AlterField):
        after = before.clone()
        operation.state_forwards(app, after)
        fields = (find_column(before, app, operation), find_column(after, app, operation))
        editor: Any = connection.schema_editor()
        return bool(editor._field_should_be_altered(*fields))
    if isinstance(operation, CreateModel | AddField | AddIndexConcurrently | AlterModelOptions):
        return False
    return (app, getattr(operation, "model_name_lower", "")) in tables or not hasattr(operation, "model_name")


def iter_blocking_operations() -> Iterator[str]:
    """Yield the operations since the previous release that may stop it, each with its migration."""
    loader = load_migrations()
    tables = loader.project_state([(app, get_name(app, number)) for app, number in PREVIOUS.items()]).models
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in PREVIOUS and name[:4] > PREVIOUS[app]:
            state = loader.project_state((app, name), at_end=False)
            for operation in migration.operations:
                if can_block(operation, app, state, tables):
                    yield f"{app}.{name}: {describe_operation(operation)}"
                operation.state_forwards(app, state)


def describe_operation(operation: Operation) -> str:
    """Return the class of an operation, and the names of its model, field, index or function."""
    index, code = getattr(operation, "index", None), getattr(operation, "code", None)
    names = (getattr(operation, "model_name", ""), getattr(operation, "name", ""), getattr(index, "name", ""))
    return " ".join(filter(None, (type(operation).__name__, *names, getattr(code, "__name__", ""))))


def test_what_a_migration_does_to_a_table_in_use_is_known_not_to_stop_the_previous_release() -> None:
    assert set(iter_blocking_operations()) == set(HARMLESS)


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


def test_staff_who_could_change_users_can_change_customers_whose_pages_are_new(db: None) -> None:
    clerks, ada = Group.objects.create(name="Clerks"), make_user(is_staff=True)
    clerks.permissions.add(Permission.objects.get(codename="view_user"))
    ada.user_permissions.add(Permission.objects.get(codename="change_user"))
    Permission.objects.filter(codename__endswith="_customer").delete()

    import_module("accounts.migrations.0007_customers_and_notes").grant_permissions(apps, None)

    assert set(clerks.permissions.values_list("codename", flat=True)) == {"view_user", "view_customer"}
    assert set(ada.user_permissions.values_list("codename", flat=True)) == {"change_user", "change_customer"}


def test_orders_from_before_get_a_row_for_their_tax_once(api: SchemaClient) -> None:
    add_to_cart(api, make_product(price="20.00", stock=9), 2)
    placed(api)
    Order.objects.update(tax_total=Decimal("6.10"))

    for _ in range(2):
        import_module("orders.migrations.0014_order_totals").create_tax_rows(apps, None)

    assert list(OrderAdjustment.objects.values_list("kind", "on", "label", "amount")) == [("tax", "items", "Tax", Decimal("6.100"))]


def test_saved_addresses_get_the_code_of_their_country_where_it_is_certain(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    migration = import_module("orders.migrations.0018_country_codes")
    monkeypatch.setattr(migration, "BATCH", 2)
    written = ("India", " in ", "England", "Deutschland", "", "GB", "the United States", "XX", "Korea")
    user = make_user()
    Address.objects.bulk_create(Address(user=user, line1="1 Road", city="Pune", country=text) for text in written)
    Address.objects.update(updated_at=LONG_AGO)

    for _ in range(2):
        migration.store_codes(apps, None)

    stored = Address.objects.order_by("pk")
    assert [address.country for address in stored] == ["IN", "IN", "GB", "Deutschland", "", "GB", "US", "XX", "Korea"]
    assert {address.updated_at for address in stored} == {LONG_AGO}
    assert {(address.line1, address.city) for address in stored} == {("1 Road", "Pune")}
