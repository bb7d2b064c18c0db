"""The rules of the markets, derived again after an upgrade"""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from pricing.models import PriceRules, Zone
from pricing.receivers import rebuild_after_upgrade
from pricing.tests.zones import make_zone
from tests.schema_client import SchemaClient


def migrate() -> None:
    """Run the command that ends an upgrade."""
    call_command("migrate", "pricing", verbosity=0, stdout=StringIO())


@pytest.mark.django_db
def test_a_market_that_comes_back_has_the_zones_of_today(api: SchemaClient) -> None:
    make_zone(methods={"post": {"price": "50.00"}})
    Zone.objects.all().delete()  # while its market was not in MARKETS, so that nothing was derived for it

    migrate()

    methods = api.get("/api/delivery/check/").json()["data"]["methods"]
    assert [method["code"] for method in methods] == ["standard"]


@pytest.mark.django_db
def test_a_shop_without_rules_gets_none() -> None:
    migrate()

    assert not PriceRules.objects.exists()


@pytest.mark.django_db
def test_nothing_is_derived_from_tables_of_an_older_release() -> None:
    make_zone()
    version = PriceRules.objects.values_list("version", flat=True).get(market="in")
    older = type("OlderApps", (), {"get_models": staticmethod(lambda: [PriceRules])})()

    rebuild_after_upgrade(apps.get_app_config("pricing"), using="default", apps=older)

    assert PriceRules.objects.values_list("version", flat=True).get(market="in") == version
