"""A streaming replica of a PostgreSQL server, and PgBouncer with deploy/pgbouncer.ini in front of one."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection, connections

from core.replica import REPLICA_ALIAS
from tests.processes import PRODUCTION, ROOT
from tests.services import Cluster, cluster_folder, free_port, require_program, run_as_postgres, wait_for_port

PASSWORD = "secret"
ROLE = "shop"  # of the shop in PostgreSQL
MAX_TRIES = 600  # a twentieth of a second apart


def make_production_variables() -> dict[str, str]:
    """Return the variables of a shop in production that answers plain HTTP, and accepts the access tokens of the tests."""
    hosts = {"ALLOWED_HOSTS": "127.0.0.1", "SECURE_SSL_REDIRECT": "0"}
    return {**PRODUCTION, **hosts, "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY, "ACCESS_LOG": "0"}


def on_port(url: str, port: int) -> str:
    """Return the URL of the same database and role on another port of this machine."""
    address = urlsplit(url)
    user = address.netloc.rpartition("@")[0]
    return address._replace(netloc=f"{user}@127.0.0.1:{port}").geturl()


def as_role(url: str) -> str:
    """Return the URL of the same database for the role of the shop."""
    address = urlsplit(url)
    return address._replace(netloc=f"{ROLE}@{address.hostname}:{address.port}").geturl()


def read_role_script() -> str:
    """Return what docs/deployment.md sets on the role of the shop behind PgBouncer."""
    document = (ROOT / "docs" / "deployment.md").read_text()
    (script,) = re.findall(r"<!-- test: role -->\n```sql\n(.*?)```", document, re.DOTALL)
    return str(script)


def execute(url: str, statement: str) -> Any:
    """Execute a statement and return the first column of its first row; None if it returns no rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


@dataclass(frozen=True)
class Replica:
    """A streaming replica."""

    url: str
    primary_url: str
    cluster: Cluster

    def pause(self) -> None:
        """Stop replaying the primary's changes, which go on arriving."""
        execute(self.url, "SELECT pg_wal_replay_pause()")
        self._wait("SELECT pg_get_wal_replay_pause_state() = 'paused'")

    def resume(self) -> None:
        """Go on replaying, until all that the primary has written is there."""
        execute(self.url, "SELECT pg_wal_replay_resume()")
        self.catch_up()

    def catch_up(self) -> None:
        """Wait until all that the primary has written so far is there."""
        written = execute(self.primary_url, "SELECT pg_current_wal_lsn()")
        self._wait(f"SELECT pg_last_wal_replay_lsn() >= '{written}'")

    def _wait(self, condition: str) -> None:
        for _ in range(MAX_TRIES):
            if execute(self.url, condition):
                return
            time.sleep(0.05)
        raise AssertionError(f"the replica does not come to this: {condition}")


@contextmanager
def streaming_replica(primary_url: str, *settings: str) -> Iterator[Replica]:
    """Start a replica with these settings of a server that trusts this machine."""
    with cluster_folder(*settings) as cluster:
        options = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        run_as_postgres([require_program("pg_basebackup"), "--pgdata", cluster.data, "--dbname", primary_url, *options])
        cluster.start()
        try:
            yield Replica(on_port(primary_url, cluster.port), primary_url, cluster)
        finally:
            if Path(cluster.data, "postmaster.pid").exists():  # no test has killed it
                cluster.stop()


@contextmanager
def named_replica(**changes: Any) -> Iterator[None]:
    """Connect this process to a replica, by the settings of the test's database with these changes."""
    connections.settings[REPLICA_ALIAS] = {**connection.settings_dict, **changes}
    try:
        yield
    finally:
        connections[REPLICA_ALIAS].close()
        del connections[REPLICA_ALIAS], connections.settings[REPLICA_ALIAS]


@dataclass
class PgBouncer:
    """PgBouncer in front of a server."""

    url: str
    configuration: Path
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        command = [require_program("pgbouncer"), "--quiet", str(self.configuration)]
        # It refuses to run as root.
        owner: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.running = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/", **owner)
        wait_for_port(urlsplit(self.url).port or 0)

    def kill(self) -> None:
        """Kill it."""
        if self.running is not None:
            self.running.kill()
            self.running.wait(timeout=60)

    def stop(self) -> None:
        """Stop it at once, which ends the connections of the shop."""
        if self.running is not None:
            self.running.terminate()
            self.running.wait(timeout=60)


@contextmanager
def pgbouncer(server_url: str, pool_size: int = 20) -> Iterator[PgBouncer]:
    """Start PgBouncer with deploy/pgbouncer.ini in front of a server that trusts this machine. It asks for PASSWORD itself."""
    server, port = urlsplit(server_url), free_port()
    name = server.path.removeprefix("/")
    with cluster_folder() as place:
        users = place.folder / "userlist.txt"
        users.write_text(f'"{server.username}" "{PASSWORD}"\n')
        configuration = (ROOT / "deploy" / "pgbouncer.ini").read_text()
        for old, new in (
            ("shop = host=10.0.0.10 port=5432 dbname=shop", f"{name} = host=127.0.0.1 port={server.port} dbname={name}"),
            ("listen_port = 6432", f"listen_port = {port}"),
            ("/etc/pgbouncer/userlist.txt", str(users)),
            ("default_pool_size = 20", f"default_pool_size = {pool_size}"),
        ):
            assert configuration.count(old) == 1, old
            configuration = configuration.replace(old, new)
        path = place.folder / "pgbouncer.ini"
        path.write_text(configuration)
        pooler = PgBouncer(f"postgres://{server.username}:{PASSWORD}@127.0.0.1:{port}/{name}", path)
        pooler.start()
        try:
            yield pooler
        finally:
            pooler.stop()
