"""Saving what differs."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import save_changed
from products.models import Category

pytestmark = pytest.mark.django_db
EARLIER = datetime(2025, 1, 1, tzinfo=UTC)


def _make_category() -> Category:
    category = Category.objects.create(name="Lamps", slug="lamps", position=3)
    Category.objects.filter(pk=category.pk).update(updated_at=EARLIER, position=4)
    return category


def test_only_what_differs_is_saved() -> None:
    category = _make_category()

    changed = save_changed(category, {"name": "Lighting", "slug": "lamps"})

    assert changed == {"name"}
    stored = Category.objects.get()
    assert (stored.name, stored.slug, stored.position) == ("Lighting", "lamps", 4)  # changed by another process meanwhile
    assert stored.updated_at > EARLIER


def test_nothing_is_saved_if_nothing_differs() -> None:
    category = _make_category()

    with CaptureQueriesContext(connection) as statements:
        assert save_changed(category, {"name": "Lamps", "position": 3}) == set()

    assert not statements.captured_queries
    assert Category.objects.get().updated_at == EARLIER
