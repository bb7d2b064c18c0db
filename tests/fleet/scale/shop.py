"""The fleet: PostgreSQL with a replica and PgBouncer, Redis, nginx, processes of the shop, workers, and the payment emulator."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.emulator.processes import KEY, SECRET, Emulator, run_emulator
from tests.fleet.scale import plan
from tests.fleet.scale.programs import Program, stop_all
from tests.fleet.servers import ROLE, PgBouncer, Replica, as_role, execute, pgbouncer, read_role_script, streaming_replica
from tests.nginx import CERTIFICATE, HOST, nginx
from tests.processes import PRODUCTION, copy_to
from tests.services import free_port, get_redis_command, memory_folder, postgres, require_program, wait_for_port

STAFF, PASSWORD = "staff@example.com", "a lamp on the hill"
# All limits count, in Redis; no buyer may meet one, since that would be no failure of the fleet.
RATES = ("anon", "user", "cart_write", "guest_new", "checkout", "verify_payment", "login_mail")
# Those of docs/deployment.md, and a delay: on one machine, no reader would notice that the replica is behind.
REPLICA_SETTINGS = (
    *("hot_standby_feedback=on", "max_standby_streaming_delay=5s", "wal_receiver_timeout=10s"),
    f"recovery_min_apply_delay={plan.REPLICA_DELAY}ms",
)
START_SECONDS = 60


@dataclass
class App:
    """A process of the shop, behind nginx."""

    program: Program
    port: int

    def get_degraded(self) -> list[str] | None:
        """Return what /readyz says is degraded; None if it is not ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=20) as response:
                degraded: list[str] = json.load(response)["data"]["degraded"]
                return degraded
        except (OSError, HTTPException, ValueError):
            return None


@dataclass
class Fleet:
    """The running fleet."""

    folder: Path
    database_url: str
    site_port: int
    apps: list[App]
    workers: list[Program]
    redis: Program
    replica: Replica
    pooler: PgBouncer
    emulator: Emulator
    environment: dict[str, str]

    @property
    def certificate(self) -> Path:
        """The certificate of the site."""
        return self.folder / "nginx" / CERTIFICATE

    def kill(self, part: str) -> None:
        """Kill a part: `app` and `worker` stand for the first of them."""
        {
            "app": self.apps[0].program.kill,
            "worker": self.workers[0].kill,
            "redis": self.redis.kill,
            "replica": self.replica.cluster.stop,
            "pgbouncer": self.pooler.kill,
        }[part]()

    def start(self, part: str) -> None:
        """Start a part that was killed."""
        {
            "app": self.apps[0].program.start,
            "worker": self.workers[0].start,
            "redis": self.redis.start,
            "replica": self.replica.cluster.start,
            "pgbouncer": self.pooler.start,
        }[part]()

    def get_states(self) -> list[list[str] | None]:
        """Return what each process says of itself."""
        return [app.get_degraded() for app in self.apps]

    def wait_until_ready(self) -> float:
        """Wait until every process is ready and nothing is degraded; return the seconds. Raises RuntimeError."""
        begun = time.monotonic()
        while self.get_states() != [[]] * len(self.apps):
            if time.monotonic() - begun > START_SECONDS:
                raise RuntimeError(f"the fleet is not ready: {self.get_states()}; its logs are in {self.folder}")
            time.sleep(0.1)
        return time.monotonic() - begun

    def manage(self, *arguments: str, direct: bool = False) -> subprocess.CompletedProcess[str]:
        """Run `manage.py`; `direct` is for commands that may take longer than the pooler allows."""
        environment = self.environment | ({"DATABASE_URL": self.database_url, "DATABASE_PREPARED": "1"} if direct else {})
        return run_python(self.folder / "shop", environment, "manage.py", *arguments)

    def iter_logs(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of each log of the shop's programs."""
        for path in sorted(self.folder.glob("*.log")):
            yield path.stem, path.read_text(errors="replace")


def run_python(project: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the folder of the shop."""
    command = [sys.executable, "-W", "ignore", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=300)


def make_environment(database_url: str, emulator: Emulator, redis_port: int, folder: Path) -> dict[str, str]:
    """Return the variables of a shop in production."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **inherited,
        **PRODUCTION,
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": database_url,
        "DATABASE_REPLICA_MAX_LAG": str(plan.MAX_LAG),
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "CATALOG_MAX_AGE": str(plan.CATALOG_MAX_AGE),
        "THROTTLE_RATES": ",".join(f"{scope}=100000/min" for scope in RATES),
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_API_BASE": emulator.url,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "EMAIL_BACKEND": "file",
        "EMAIL_FILE_PATH": str(folder / "mails"),
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_FORMAT": "json",
        "ACCESS_LOG": "0",
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": "4",
        "DJANGO_SETTINGS_MODULE": "store.settings",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    }


def make_catalog() -> list[dict[str, Any]]:
    """Return the products as rows of an import: with changing prices, with little stock, and plain ones."""
    kinds = (("Priced", plan.PRICED, plan.STOCK), ("Scarce", plan.SCARCE, plan.SCARCE_STOCK), ("Plain", plan.PLAIN, plan.STOCK))
    return [
        {"sku": f"{kind}-{n}", "name": f"{kind} lamp {n}", "category": kind, "price": f"{plan.BASE_PRICE}.00", "stock": stock}
        for kind, count, stock in kinds
        for n in range(count)
    ]


# One process, because each start of the shop takes a second.
PREPARATION = """
import sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
if "migrate" in sys.argv:
    call_command("migrate", verbosity=0)
call_command("import_products", file=Path(sys.argv[1]), verbosity=0)
call_command("createsuperuser", interactive=False, email=sys.argv[2], verbosity=0)
"""


def prepare_database(project: Path, environment: dict[str, str], folder: Path, migrated_url: str) -> None:
    """Migrate, or copy a migrated database; then import the catalog and create the staff account. Raises RuntimeError."""
    if migrated_url:
        dump = subprocess.run([require_program("pg_dump"), "--no-owner", migrated_url], capture_output=True, check=True)
        restore = [require_program("psql"), "--quiet", "--set=ON_ERROR_STOP=1", environment["DATABASE_URL"]]
        subprocess.run(restore, input=dump.stdout, stdout=subprocess.DEVNULL, check=True)
    (folder / "catalog.json").write_text(json.dumps(make_catalog()))
    arguments = [str(folder / "catalog.json"), STAFF, *([] if migrated_url else ["migrate"])]
    done = run_python(project, environment, "-c", PREPARATION, *arguments)
    if done.returncode:
        raise RuntimeError(f"the database could not be prepared:\n{done.stdout}{done.stderr}")


@contextmanager
def start_fleet(migrated_url: str = "") -> Iterator[Fleet]:
    """Start everything on free ports of 127.0.0.1, and end it, whatever happens.

    The schema is copied from a migrated database if one is given, which is quicker than migrating.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shop-scale-", dir=memory_folder())))
        for name in ("mails", "media", "nginx"):
            (folder / name).mkdir()
        project = copy_to(folder / "shop")
        admin_url = stack.enter_context(postgres())
        _create_database(admin_url)
        database_url = as_role(admin_url)
        ports, redis_port = [free_port() for _ in range(plan.APPS)], free_port()
        site_port = stack.enter_context(nginx(folder / "nginx", ports))
        webhook = f"https://127.0.0.1:{site_port}/api/orders/webhook/"
        trusted = {"SSL_CERT_FILE": str(folder / "nginx" / CERTIFICATE)}
        emulator = stack.enter_context(run_emulator(webhook, pace=0.3, **trusted))
        direct = make_environment(database_url, emulator, redis_port, folder)
        started: list[Program] = []
        stack.callback(stop_all, started)
        redis = _run(started, Program(get_redis_command(redis_port), folder=folder, log=folder / "redis-log"))
        wait_for_port(redis_port)
        prepare_database(project, direct, folder, migrated_url)
        replica = stack.enter_context(streaming_replica(admin_url, *REPLICA_SETTINGS))
        pooler = stack.enter_context(pgbouncer(database_url))
        environment = direct | {
            "DATABASE_URL": pooler.url,
            "DATABASE_PREPARED": "0",
            "DATABASE_REPLICA_URL": as_role(replica.url),
        }
        apps = [
            App(
                _run(started, _make_program(folder, environment, f"app-{n}", ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}"])),
                port,
            )
            for n, port in enumerate(ports, 1)
        ]
        workers = [
            _run(started, _make_program(folder, environment, f"worker-{n}", ["manage.py", "run_jobs", "--pause", "0.5"]))
            for n in range(1, plan.WORKERS + 1)
        ]
        _run(started, _make_program(folder, environment, "payments", ["manage.py", "sync_payments", "--loop", "15"]))
        fleet = Fleet(folder, database_url, site_port, apps, workers, redis, replica, pooler, emulator, environment)
        fleet.wait_until_ready()
        yield fleet


def _create_database(admin_url: str) -> None:
    """Create the role of the shop, with the settings of the document, and its database."""
    server_url = admin_url.rpartition("/")[0] + "/postgres"
    execute(server_url, f"CREATE ROLE {ROLE} LOGIN")
    execute(server_url, read_role_script())
    execute(server_url, f"CREATE DATABASE shop OWNER {ROLE}")


def _make_program(folder: Path, environment: dict[str, str], name: str, arguments: list[str]) -> Program:
    log = folder / f"{name}.log"
    return Program([sys.executable, *arguments], folder=folder / "shop", log=log, environment=environment)


def _run(started: list[Program], program: Program) -> Program:
    """Start a program that ends with the fleet."""
    started.append(program)
    program.start()
    return program


def keep_logs(fleet: Fleet, target: Path) -> None:
    """Copy the logs to a folder that outlives the fleet."""
    target.mkdir(parents=True, exist_ok=True)
    for path in (*fleet.folder.glob("*.log"), fleet.folder / "nginx" / "error.log"):
        shutil.copyfile(path, target / path.name)
