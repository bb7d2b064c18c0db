"""Two imports of a carrier's list at the same moment: one list is whole in the end, and its countries are known."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core import markets
from pricing.models import PriceRules, ServiceArea
from pricing.service_areas import areas
from pricing.service_areas.files import AreaKey, Service

LISTS = [
    {AreaKey("IN", str(number), "Post"): Service(cod=cod) for number in range(first, first + 300)}
    for first, cod in ((411_000, True), (411_150, False))
]


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_a_carrier_follow_each_other() -> None:
    market, start = markets.get_default_market(), threading.Barrier(2)

    def replace(services: dict[AreaKey, Service]) -> None:
        start.wait()
        try:
            areas.replace(market, services)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(replace, LISTS))

    rows = {AreaKey("IN", code, "Post"): Service(cod=cod) for code, cod in ServiceArea.objects.values_list("postal_code", "cod")}
    assert rows in LISTS
    assert PriceRules.objects.get(market="in").delivery["area_countries"] == ["IN"]
