"""docs/operations.md: the commands for backup and restore, on a shop with an order and an image"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from pytest_django import Settings

from orders.models import Order, OrderEvent
from products.models import ProductImage, Variant
from tests.admin.order_pages import make_cash_order
from tests.crashes import make_environment
from tests.image_files import make_image, make_staff_client, post_image
from tests.operator_commands import run_commands

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TABLES = [model._meta.db_table for model in (Order, OrderEvent, ProductImage, Variant)]


def count_rows(url: str) -> dict[str, int]:
    """Return how many rows the tables of a database have."""
    counts = {}
    with psycopg.connect(url) as database:
        for table in TABLES:
            (counts[table],) = database.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone() or (0,)
    return counts


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a database without tables, beside that of the tests."""
    address = urlsplit(make_environment()["DATABASE_URL"])
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE restored")
    yield address._replace(path="/restored").geturl()
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE restored WITH (FORCE)")


def test_a_restored_shop_has_what_was_there_and_its_books_are_right(
    settings: Settings, tmp_path: Path, empty_database: str
) -> None:
    order = make_cash_order()
    product = order.items.all()[0].variant.product  # type: ignore[union-attr]
    assert post_image(make_staff_client(), product, make_image()).status_code == 201
    url, media = make_environment()["DATABASE_URL"], tmp_path / "restored media"

    run_commands("backup", tmp_path, {"MEDIA_ROOT": str(settings.MEDIA_ROOT)})
    run_commands("restore", tmp_path, {"DATABASE_URL": empty_database, "MEDIA_ROOT": str(media)})

    assert count_rows(empty_database) == count_rows(url)
    assert (media / str(ProductImage.objects.get().image.name)).is_file()
