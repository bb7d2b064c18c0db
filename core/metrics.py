"""What a process counts for Prometheus. `store/metrics.py` collects it from all processes, and adds what the database knows.

Under gunicorn the counts of each worker are in files (`metric_files.py`).
"""

from prometheus_client import Counter, Gauge, Histogram

# Seconds. The flows of a shop take some milliseconds; what takes longer than a second is a problem of its own.
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

REQUESTS = Histogram(
    "shop_request_seconds",
    "Requests by route and status, and how long they took",
    ("method", "route", "status"),
    buckets=LATENCY_BUCKETS,
)
REFUSALS = Counter("shop_refusals", "Refused requests by the code of the refusal", ("code",))
POOL = Gauge(
    "shop_database_pool", "Connections of the pool, and requests that wait for one", ("state",), multiprocess_mode="livesum"
)
POOL_STATES = {"pool_size": "open", "pool_available": "idle", "requests_waiting": "waiting"}  # by their names in psycopg_pool


def observe_request(method: str, route: str, status: int, seconds: float, *, code: str = "") -> None:
    """Count a request, and its refusal by code."""
    REQUESTS.labels(method, route, status).observe(seconds)
    if code:
        REFUSALS.labels(code).inc()


def observe_pool(stats: dict[str, int]) -> None:
    """Note the state of this process's connection pool, as psycopg_pool reports it."""
    for name, state in POOL_STATES.items():
        POOL.labels(state).set(stats.get(name, 0))
