"""The health probes. They answer under any `Host`, because an orchestrator calls a process by its address."""

from django.core.cache import caches
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from core import outbox, replica
from core.http.envelope import encode, failure, success

_state = {"is_migrated": False}  # read once: nobody takes a migration back below a running process


def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness probe: the process is running."""
    return HttpResponse(encode(success(None, "OK")), content_type="application/json")


def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness probe: the database is reachable and migrated.

    `degraded` names what is wrong beside that, while the shop goes on: `cache` (Redis does not answer), `jobs` (background jobs are
    due for more than five minutes, and no worker runs them), `replica` (this process reads from the primary instead).
    """
    try:
        if not _is_migrated():
            return _refuse("migrations are pending")
        degraded = [] if _is_cache_available() else ["cache"]
        degraded += ["jobs"] if outbox.get_stalled()[0] else []
        degraded += ["replica"] if replica.health.is_skipped else []  # as last seen: a probe must not wait for it
    except DatabaseError:
        return _refuse("the database does not answer")
    return HttpResponse(encode(success({"degraded": degraded}, "OK")), content_type="application/json")


def _refuse(problem: str) -> HttpResponse:
    body = failure(503, "not_ready", f"Not ready: {problem}")
    return HttpResponse(encode(body), status=503, content_type="application/json")


def _is_migrated() -> bool:
    if not _state["is_migrated"]:
        executor = MigrationExecutor(connection)
        _state["is_migrated"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _state["is_migrated"]


def _is_cache_available() -> bool:
    try:
        caches["throttles"].get("readyz")
    except Exception:  # noqa: BLE001 - each cache backend has its own errors
        return False
    return True
