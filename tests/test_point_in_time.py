"""docs/operations.md: the commands for point-in-time recovery, after orders were deleted"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orders.models import Order
from products.models import Product
from tests.admin.order_pages import make_cash_order
from tests.crashes import get_database_url, make_environment
from tests.emulator.processes import KEY, Emulator
from tests.operator_commands import run_commands
from tests.processes import serving
from tests.remote_shop import RemoteShop
from tests.services import as_postgres, cluster_folder, require_program, run_as_postgres

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def variables() -> Iterator[dict[str, str]]:
    """A cluster beside that of the tests, with the environment that the document asks for."""
    with cluster_folder() as cluster:
        cluster.initialize()
        folder, data, port = cluster.folder, Path(cluster.data), cluster.port
        with (data / "postgresql.conf").open("a") as file:  # which the copies of the cluster have, too
            file.write(f"port = {port}\nunix_socket_directories = '{folder}'\nlisten_addresses = '127.0.0.1'\nfsync = off\n")
        for empty in ("archive", "base"):
            subprocess.run(as_postgres(["mkdir", str(folder / empty)]), check=True)
        run_as_postgres([require_program("pg_ctl"), "--pgdata", str(data), "--wait", "--log", f"{folder}/log", "start"])
        names = {"PGDATA": data, "ARCHIVE": folder / "archive", "BASE": folder / "base", "RESTORED": folder / "restored"}
        connection = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres"}
        try:
            yield {**{key: str(path) for key, path in names.items()}, **connection}
        finally:
            for used in (data, folder / "restored"):
                if (used / "postmaster.pid").exists():
                    run_as_postgres([require_program("pg_ctl"), "--pgdata", str(used), "--wait", "--mode", "immediate", "stop"])


def copy_database(url: str) -> None:
    """Copy the database of the tests to a new one."""
    dump = subprocess.run([require_program("pg_dump"), get_database_url()], capture_output=True, check=True).stdout
    with psycopg.connect(url.replace("/shop", "/postgres"), autocommit=True) as server:
        server.execute("CREATE DATABASE shop")
    subprocess.run([require_program("psql"), "--quiet", url], input=dump, capture_output=True, check=True)


def read_column(url: str, statement: str) -> list[Any]:
    """Return the first column of what a statement returns."""
    with psycopg.connect(url, autocommit=True) as database:
        return [row[0] for row in database.execute(statement).fetchall()]


def test_the_shop_comes_back_as_it_was_a_moment_before_its_orders_were_deleted(
    tmp_path: Path, variables: dict[str, str], emulator: Emulator
) -> None:
    url = f"postgres://postgres@127.0.0.1:{variables['PGPORT']}/shop"
    shop = {"DATABASE_URL": url, "STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": emulator.url}
    before_backup = make_cash_order()
    lamp = Product.objects.get(name="Lamp")
    copy_database(url)
    run_commands("archive", Path("/"), variables, is_postgres=True)
    run_commands("base backup", Path("/"), variables, is_postgres=True)

    with serving(make_environment(**shop)) as port:
        after_backup = RemoteShop(port).place_order(lamp.pk)
        (moment,) = read_column(url, "SELECT clock_timestamp()::text")
        too_late = RemoteShop(port).place_order(lamp.pk, "stripe")
        emulator.pay(too_late["session_id"])
    with psycopg.connect(url) as database:
        database.execute("TRUNCATE orders_order CASCADE")
    run_commands("recovery", Path("/"), {**variables, "MOMENT": moment}, is_postgres=True)

    numbers = read_column(url, "SELECT number FROM orders_order ORDER BY id")
    assert numbers == [before_backup.number, after_backup["number"]]
    output = run_commands("recovered", tmp_path, shop)
    assert "No problems." in output
    assert f"session {too_late['session_id']} is paid and belongs to no order" in output
    assert not Order.objects.filter(number=too_late["number"]).exists()
