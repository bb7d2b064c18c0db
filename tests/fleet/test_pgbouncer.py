"""The shop behind deploy/pgbouncer.ini in transaction mode, with the settings of the role in docs/deployment.md"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from carts.models import Cart
from core.models import Job
from orders.models import Order
from orders.tests.factories import order_body
from products.tests.factories import get_only_variant, make_product
from store.environment_database import PLANNER_OPTIONS
from tests.concurrent_requests import Caller, at_once, count_statuses
from tests.crashes import make_environment
from tests.fleet.servers import ROLE, PgBouncer, as_role, make_production_variables, pgbouncer, read_role_script
from tests.processes import ROOT, serving

pytestmark = [pytest.mark.postgresql, pytest.mark.fleet, pytest.mark.django_db(transaction=True)]
LIMITS = "-c statement_timeout=15000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
COMMANDS = """
import django
django.setup()
from django.core.management import call_command
call_command("run_jobs", once=True)
call_command("check_integrity")
"""
CREATE = "/api/orders/create/"
LIST = "/api/products/"


class Pooled(NamedTuple):
    """A server of the shop behind PgBouncer."""

    url: str
    pooler: PgBouncer
    environment: dict[str, str]

    def get_status(self) -> int:
        """Return the status of the list of products."""
        return Caller(self.url, {}).send("GET", LIST, {}).status


@pytest.fixture(scope="module")
def direct_url(django_db_setup: None) -> Iterator[str]:
    """The URL of the database of the tests, without a pooler, for a role that has the settings of the document."""
    url = make_environment()["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN SUPERUSER").format(sql.Identifier(ROLE)))
        admin.execute(read_role_script().encode())
        yield as_role(url)
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(ROLE)))


@pytest.fixture(scope="module")
def shop(direct_url: str) -> Iterator[Pooled]:
    """A server with eight threads, for which PgBouncer opens three connections."""
    with pgbouncer(direct_url, pool_size=3) as pooler:
        variables = make_production_variables() | {"DATABASE_URL": pooler.url, "DATABASE_PREPARED": "0"}
        environment = make_environment(**variables)
        with serving(environment, "--threads", "8") as port:
            yield Pooled(f"http://127.0.0.1:{port}", pooler, environment)


def run_jobs_and_check(environment: dict[str, str]) -> str:
    """Run the background jobs and `check_integrity` in a process of their own, and return what they print."""
    command = [sys.executable, "-W", "ignore", "-c", COMMANDS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def show(url: str, name: str) -> str:
    """Return a setting of a session."""
    with psycopg.connect(url) as session:
        ((value,),) = session.execute("SELECT current_setting(%s)", [name]).fetchall()
        return str(value)


def test_the_role_has_what_the_shop_sends_without_a_pooler(direct_url: str, shop: Pooled) -> None:
    options = f"{PLANNER_OPTIONS} {LIMITS}"
    plain = make_environment()["DATABASE_URL"]

    for name in re.findall(r"-c (\w+)=", options):
        assert show(shop.pooler.url, name) == show(f"{plain}?options={options.replace(' ', '%20').replace('=', '%3D')}", name), name


def test_a_long_command_may_go_past_the_pooler_without_a_limit(direct_url: str) -> None:
    (option,) = re.findall(r"`\?(options=\S+)`", (ROOT / "docs" / "deployment.md").read_text())

    assert show(direct_url, "statement_timeout") == "15s"
    assert show(f"{direct_url}?{option}", "statement_timeout") == "0"


def test_guests_buy_the_last_units_at_once_and_the_books_add_up(shop: Pooled) -> None:
    lamp = make_product("Lamp", stock=5)
    added = at_once([Caller(shop.url, {}).make_post("/api/cart/add/", {"product_id": lamp.pk})] * 12)
    guests = [Caller(shop.url, {"X-Cart-Token": response.body["cart_token"]}) for response in added]

    responses = at_once([guest.make_post(CREATE, order_body()) for guest in guests])
    printed = run_jobs_and_check(shop.environment)

    assert count_statuses(added) == {201: 12}
    assert count_statuses(responses) == {201: 5, 409: 7}
    variant = get_only_variant(lamp)
    assert (variant.stock, variant.reserved) == (0, 0)
    assert (Order.objects.count(), Cart.objects.count()) == (5, 12)
    assert "Background jobs: 5 done, 0 failed" in printed
    assert not Job.objects.filter(done_at=None).exists()


def test_connections_that_postgresql_or_the_pooler_ends_are_replaced(shop: Pooled) -> None:
    statuses = [shop.get_status() for _ in range(4)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s", [ROLE])
        (ended,) = cursor.fetchone()
    time.sleep(0.5)  # until the pooler has noticed
    statuses += [shop.get_status() for _ in range(4)]
    shop.pooler.stop()
    shop.pooler.start()
    statuses += [shop.get_status() for _ in range(4)]

    assert ended > 0
    assert statuses == [200] * 12
