"""/metrics: who may read it, and what it counts over several processes"""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
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
COUNT_OF_CONFIG = 'shop_request_seconds_count{method="GET",route="/api/config/",status="200"}'


def get(port: int, path: str) -> str:
    """Return the answer of the server on this port."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
        text: str = response.read().decode()
    return text


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


@pytest.mark.django_db
def test_what_was_counted_is_shown_while_the_database_does_not_answer(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        response = client.get("/metrics")

    text = response.content.decode()
    assert response.status_code == 200
    assert ("shop_request_seconds" in text, "shop_orders_open" in text) == (True, False)
    assert [record.name for record in caplog.records if record.levelname == "ERROR"] == ["shop.errors"]


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    """The port of a server with two workers, each of which is replaced after twenty requests."""
    with serving(make_environment(), "--workers", "2", "--max-requests", "20", "--max-requests-jitter", "0") as port:
        yield port


@pytest.mark.once
def test_the_counts_of_all_workers_add_up_and_outlive_them(port: int) -> None:
    for _ in range(60):
        get(port, "/api/config/")

    assert read_value(get(port, "/metrics"), COUNT_OF_CONFIG) == 60


@pytest.mark.once
def test_a_server_that_replaces_another_counts_in_a_folder_of_its_own(transactional_db: None, tmp_path: Path) -> None:
    former = tmp_path / "shop-metrics-former"  # whose name a new master inherits after HUP and USR2

    with serving(make_environment(PROMETHEUS_MULTIPROC_DIR=str(former))) as port:
        get(port, "/api/config/")
        text = get(port, "/metrics")

    assert read_value(text, COUNT_OF_CONFIG) == 1
    assert not former.exists()
