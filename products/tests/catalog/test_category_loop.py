"""Categories that are their own ancestors: two moves at the same moment could make such a loop"""

import pytest

from products.catalog.category_tree import get_subtree_ids
from products.models import Category
from products.tests.factories import make_category

pytestmark = pytest.mark.django_db


def test_a_loop_is_walked_once() -> None:
    candles = make_category("Candles", "Lighting")
    Category.objects.filter(name="Lighting").update(parent=candles)

    assert get_subtree_ids("lighting") == sorted(Category.objects.values_list("pk", flat=True))
