"""When the rules of promotions are derived again because the category tree has changed"""

import pytest

from core.models import Job
from pricing.tests.factories import make_promotion
from products.models import Category
from products.services import categories
from products.tests.factories import make_category
from tests.query_capture import capture_statements


@pytest.fixture
def home(db: None) -> Category:
    """A category for which a promotion takes off ten percent."""
    home = make_category("Home")
    make_promotion(categories=[home])
    return home


def test_a_change_of_the_tree_does_not_lock_the_rules(home: Category) -> None:
    with capture_statements() as statements:
        lighting = categories.get_or_create_by_path(["Home", "Lighting"])
        categories.update(lighting.pk, {"parent_id": None})

    assert not [sql for sql in statements if "pricing_pricerules" in sql]
    assert Job.objects.filter(kind="rebuild_price_rules").count() == 2


def test_other_changes_of_the_tree_leave_the_rules_alone(home: Category) -> None:
    categories.update(home.pk, {"name": "House", "position": 3})
    categories.create("Garden", parent_id=None, position=0)

    assert not Job.objects.filter(kind="rebuild_price_rules").exists()
