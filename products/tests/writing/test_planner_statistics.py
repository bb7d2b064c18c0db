"""The statistics by which PostgreSQL plans, after many products were written at once"""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection

from core import outbox
from core.actors import SYSTEM
from products.importing import runs
from products.services import planner_statistics
from products.tests.factories import make_products
from products.tests.import_file import import_csv
from tests.query_capture import capture_statements

ROWS = "sku,name,price\nL-1,Lamp,5\nM-1,Mug,5\nR-1,Rug,5\n"


def was_analyzed(statements: list[str]) -> bool:
    """Return whether the statistics of the listings and search documents were refreshed."""
    return any(
        sql.startswith("ANALYZE ") and {"products_listing", "products_searchdocument"} <= set(sql.replace(",", "").split())
        for sql in statements
    )


@pytest.fixture(autouse=True)
def small_bulk(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three products be a bulk."""
    monkeypatch.setattr(planner_statistics, "BULK", 3)


def count_listings_of_planner() -> int:
    """Return how many listings PostgreSQL's planner takes the table to hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'products_listing'::regclass")
        return int(cursor.fetchone()[0])


@pytest.mark.postgresql
def test_an_import_of_many_ends_with_current_statistics(tmp_path: Path) -> None:
    import_csv(tmp_path, ROWS)

    assert count_listings_of_planner() == 3


@pytest.mark.postgresql
@pytest.mark.parametrize(("content", "options"), [(ROWS, {"dry_run": True}), ("sku,name,price\nL-1,Lamp,5\n", {})])
def test_an_import_that_writes_little_analyzes_nothing(tmp_path: Path, content: str, options: dict[str, bool]) -> None:
    with capture_statements() as statements:
        import_csv(tmp_path, content, **options)

    assert not was_analyzed(statements)


@pytest.mark.postgresql
def test_an_import_in_the_admin_ends_with_current_statistics() -> None:
    run = runs.upload_file(SYSTEM, ContentFile(ROWS.encode(), "catalog.csv"))

    with capture_statements() as checking:
        outbox.run_due()
    run.refresh_from_db()
    runs.confirm_run(run)
    with capture_statements() as running:
        outbox.run_due()

    run.refresh_from_db()
    assert (run.state, run.created_count) == ("done", 3)
    assert (was_analyzed(checking), was_analyzed(running)) == (False, True)


@pytest.mark.postgresql
@pytest.mark.parametrize(("names", "expected"), [(["Lamp", "Mug", "Rug"], True), (["Lamp", "Mug"], False)])
def test_rebuilding_the_search_of_many_ends_with_current_statistics(names: list[str], expected: bool) -> None:
    make_products(*names)

    with capture_statements() as statements:
        call_command("rebuild_search", verbosity=0)

    assert was_analyzed(statements) == expected


@pytest.mark.once
def test_sqlite_needs_none() -> None:
    with capture_statements() as statements:
        planner_statistics.refresh_after_bulk(1_000_000)

    assert statements == []
