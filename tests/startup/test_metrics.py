"""/metrics: who may read it, and what it counts over several processes"""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from core import outbox
from core.models import Job
from orders.models import Order, ReconciliationTime
from tests.admin.order_pages import make_cash_order
from tests.crashes import make_environment
from tests.processes import ROOT, serving

TOKEN = "a-token-of-the-monitoring"


def read_value(text: str, sample: str) -> float:
    """Return the value of a sample, given with its labels."""
    (value,) = re.findall(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
    return float(value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("", {"REMOTE_ADDR": "203.0.113.9"}, 404),
        (TOKEN, {}, 404),
        (TOKEN, {"Authorization": f"Bearer {TOKEN}x"}, 404),
        (TOKEN, {"Authorization": f"Bearer {TOKEN}", "REMOTE_ADDR": "203.0.113.9"}, 200),
    ],
)
def test_only_monitoring_may_read_it(client: Client, settings: Settings, token: str, headers: dict[str, str], status: int) -> None:
    settings.METRICS_TOKEN = token
    settings.ALLOWED_HOSTS = ["shop.example"]
    peer = {name: value for name, value in headers.items() if name == "REMOTE_ADDR"}

    response = client.get("/metrics", headers={name: value for name, value in headers.items() if name not in peer}, **peer)  # type: ignore[arg-type]

    assert response.status_code == status
    assert ("shop_request_seconds" in response.content.decode()) is (status == 200)


@pytest.mark.django_db
def test_it_tells_what_waits(client: Client) -> None:
    make_cash_order()
    Job.objects.all().delete()
    Order.objects.update(attention="dispute")
    outbox.enqueue("mail", {})
    outbox.enqueue("mail", {})
    Job.objects.update(run_at=timezone.now() - timedelta(minutes=6))

    text = client.get("/metrics").content.decode()

    assert read_value(text, 'shop_orders_open{status="processing"}') == 1
    assert read_value(text, 'shop_orders_recent{status="processing"}') == 1
    assert read_value(text, 'shop_payments_recent{provider="cod",state="created"}') == 1
    assert read_value(text, 'shop_alerts_open{alert="dispute"}') == 1
    assert read_value(text, "shop_jobs_due") == 2
    assert 360 <= read_value(text, "shop_jobs_due_age_seconds") < 420
    assert read_value(text, "shop_webhook_events_unprocessed") == 0


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["alerts.yml", "grafana.json"])
def test_alerts_and_dashboard_ask_for_metrics_that_exist(client: Client, name: str) -> None:
    ReconciliationTime.objects.create(pk=1, finished_at=timezone.now())
    text = client.get("/metrics").content.decode()
    shown = {
        f"{family}{suffix}" for family in re.findall(r"^# HELP (\S+)", text, re.MULTILINE) for suffix in ("", "_count", "_bucket")
    }

    asked = set(re.findall(r"\bshop_\w+", (ROOT / "deploy" / name).read_text()))

    assert len(asked) > 5
    assert asked - shown == set()


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    """The port of a server with two workers, each of which is replaced after twenty requests."""
    with serving(make_environment(), "--workers", "2", "--max-requests", "20", "--max-requests-jitter", "0") as port:
        yield port


@pytest.mark.once
def test_the_counts_of_all_workers_add_up_and_outlive_them(port: int) -> None:
    for _ in range(60):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/config/", timeout=60) as response:
            response.read()

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as response:
        text = response.read().decode()

    labels = '{method="GET",route="/api/config/",status="200"}'
    assert read_value(text, f"shop_request_seconds_count{labels}") == 60
