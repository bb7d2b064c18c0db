"""How gunicorn serves the shop: `gunicorn` at the project's root needs no other argument. An option on its command line wins."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from environs import Env
from prometheus_client.multiprocess import mark_process_dead

ROOT = Path(__file__).resolve().parent
env = Env()
if "PYTEST_VERSION" not in os.environ:  # servers that tests start ignore .env, as the settings do
    env.read_env(ROOT / ".env", recurse=False, override=False)

wsgi_app = "store.wsgi"
chdir = str(ROOT)
bind = env.str("WEB_BIND", "127.0.0.1:8000")

# Processes for the cores, threads for what waits on the database or on Stripe.
workers = env.int("WEB_CONCURRENCY", len(os.sched_getaffinity(0)))
worker_class = "store.web_worker.LimitedWorker"  # gthread with limits for slow and hostile clients
http_parser = "python"  # the one that the tests run; the C parser that 27.0.1 needs has no wheel
threads = env.int("WEB_THREADS", 4)
# Replace each worker now and then, never all at once, to bound memory leaks.
max_requests = 10_000
max_requests_jitter = 2_000

graceful_timeout = env.int("WEB_GRACEFUL_TIMEOUT", 25)  # below the 30 s after which Kubernetes kills
read_timeout = env.int("WEB_READ_TIMEOUT", 20)
keepalive = 75  # longer than nginx keeps idle connections (60 s): the side that sends requests closes first
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the heartbeat must never wait for a disk

# Room for a search in Devanagari, percent-encoded, and for the cookies of a whole site. The worker limits the head as a whole,
# and the shop its bodies (core/limits.py).
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 16_384

# Django alone decides which proxies to trust (TRUSTED_PROXIES).
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
header_map = "drop"  # a header like X_Forwarded_For would replace the X-Forwarded-For of the proxy

accesslog = None  # the shop's own log has a line for each request
control_socket_disable = True


# Each worker counts for /metrics in files of a slot, which it leaves to the worker that follows it (core/metric_files.py).
METRICS_FOLDER, OWN_FOLDER = "PROMETHEUS_MULTIPROC_DIR", "shop-metrics-"


def on_starting(server: Any) -> None:
    """Make the folder of the counts; it stays the same when gunicorn reloads this file.

    A master that replaces another (USR2) inherits the name of its folder, which goes when that one ends.
    """
    if Path(os.environ.get(METRICS_FOLDER, OWN_FOLDER)).name.startswith(OWN_FOLDER):
        os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix=OWN_FOLDER, dir=worker_tmp_dir)


def pre_fork(server: Any, worker: Any) -> None:
    """Choose the slot of a new worker: the lowest that no running one has."""
    taken = {running.slot for running in server.WORKERS.values()}
    worker.slot = min(set(range(len(taken) + 1)) - taken)


def post_fork(server: Any, worker: Any) -> None:
    """Pass the settings to a new worker, before it loads the shop."""
    from core.metric_files import share_counts  # here, because the master would keep its code when it reloads (HUP)

    worker.read_timeout = read_timeout
    share_counts(worker.slot)


def child_exit(server: Any, worker: Any) -> None:
    """Drop what only counts while a worker runs."""
    mark_process_dead(worker.slot)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Delete the counts."""
    folder = Path(os.environ[METRICS_FOLDER])
    if folder.name.startswith(OWN_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
