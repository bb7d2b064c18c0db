"""`make bench`: its applications answer alike, and all of their flows are measured"""

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from benchmarks.compare import APPLICATIONS, Mode, Plan, start
from benchmarks.flows import FLOWS, Answer, Shopper
from benchmarks.generate import generate
from benchmarks.report import build_figures_table, build_ratios_table
from core.models import Job
from orders.models import Order
from products.catalog import catalog_statistics
from products.catalog.catalog_statistics import Statistics
from products.models import Product, StockMovement
from tests.processes import ROOT
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

PRODUCTS = 60
MODES = (Mode(1, 1, measures_cpu=True), Mode(1, 1), Mode(1, 4))
PLAN = Plan(rounds=1, seconds=5, count=4, warm_up=4, counted=4, modes=MODES)
# docs/performance.md: a checkout is three changes of a cart, and an order with an idempotency key.
BUDGETS = {"list": 1, "detail": 3, "search": 1, "cart": 3, "add": 9, "checkout": 3 * 9 + 16}

pytestmark = pytest.mark.postgresql


def get_database_url() -> str:
    """Return the DATABASE_URL of the database of the tests."""
    settings = {name: quote(str(value), safe="") for name, value in connection.settings_dict.items()}
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)


@pytest.mark.apart
def test_three_applications_answer_alike_and_all_of_their_flows_are_measured(transactional_db: None) -> None:
    generate(PRODUCTS)
    newest = Product.objects.order_by("-created_at", "-pk").prefetch_related("variants")
    bought = [next(iter(product.variants.all())) for product in newest[:3]]

    with start(get_database_url(), PLAN) as benchmark:
        benchmark.run(PLAN)

    for name in APPLICATIONS:
        products, matches, cart = (benchmark.answers[flow, name]["data"] for flow in ("list", "search", "cart"))
        assert [product["id"] for product in products] == [product.pk for product in newest[:24]]
        assert [product["id"] for product in matches] == [product.pk for product in newest.filter(name__contains="lamp")]
        assert benchmark.answers["detail", name]["data"]["slug"] == newest[PLAN.counted - 1].slug
        assert [(line["sku"], line["quantity"]) for line in cart["items"]] == [(variant.sku, 1) for variant in bought]
        assert Decimal(cart["subtotal"]) == sum(variant.price for variant in bought)
        grown_cart = benchmark.answers["add", name]["cart"]
        assert sum(line["quantity"] for line in grown_cart["items"]) == 3 + PLAN.counted
        check_order(benchmark.answers["checkout", name]["data"])
    figures, ratios = build_figures_table(benchmark.figures), build_ratios_table(benchmark.figures)
    assert [row.count("|") for row in figures] == [10] * (2 + len(FLOWS) * len(APPLICATIONS))
    assert [row.count("|") for row in ratios] == [8] * (2 + len(FLOWS))
    assert {figures[0], ratios[0]} <= set((ROOT / "docs" / "performance.md").read_text().splitlines())
    assert benchmark.figures["list", "shop"].server < benchmark.figures["list", "plain Django"].server


def check_order(answer: dict[str, Any]) -> None:
    """Check that an order was placed as it was answered, with everything that belongs to it."""
    order = Order.objects.get(number=answer["number"])
    assert order.total == Decimal(answer["total"]) == sum(item.line_total for item in order.items.all()) > 0
    assert order.payments.get().amount == order.total
    assert [event.kind for event in order.events.all()] == ["placed"]
    assert order.cart is not None
    assert not order.cart.items.exists()
    assert [entry.action for entry in order.cart.log.all()] == ["ORDER"] * 3 + ["ADD"] * 3
    assert StockMovement.objects.filter(reference=order.number, delta=-1).count() == 3
    assert Job.objects.filter(dedupe_key=f"{order.number}:placed").exists()


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_costs_the_documented_number_of_statements(api: SchemaClient, flow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(PRODUCTS)
    monkeypatch.setattr(catalog_statistics, "_get_statistics", Statistics)  # which a process reads once in ten minutes
    shopper = Shopper(api.get("/api/products/?page_size=100").json()["data"])
    send_flow(api, flow, shopper, is_preparation=True)

    with capture_statements() as statements:
        send_flow(api, flow, shopper)

    assert len(statements) <= BUDGETS[flow]


def send_flow(api: SchemaClient, flow: str, shopper: Shopper, *, is_preparation: bool = False) -> None:
    """Send the requests of a flow, or those that prepare it."""
    steps = (FLOWS[flow].prepare if is_preparation else FLOWS[flow].run)(shopper)
    answer = None
    while True:
        try:
            request = next(steps) if answer is None else steps.send(answer)
        except StopIteration:
            return
        headers = {"X-Cart-Token": shopper.key, "Idempotency-Key": request.idempotency_key}
        send = api.post if request.method == "POST" else api.get
        response = send(request.path, request.body, headers={name: value for name, value in headers.items() if value})
        assert response.status_code < 300, response.content
        shopper.key = response.headers.get("X-Cart-Token", shopper.key)
        answer = Answer(response.status_code, response.content)
