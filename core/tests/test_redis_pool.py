"""Short-lived threads share the connections to Redis"""

import threading

import pytest
import redis
from django.conf import settings
from django.core.cache import caches

from core.redis_pool import SharedPool


def count_connections() -> int:
    """Return how many connections the server has accepted since it started, including the one for this query."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return int(client.info("stats")["total_connections_received"])


def test_as_many_threads_may_ask_at_once_as_the_server_has() -> None:
    assert SharedPool.from_url("redis://127.0.0.1:6379/0").max_connections > 10_000


@pytest.mark.postgresql  # the runs with Redis
def test_a_new_thread_opens_no_connection_of_its_own() -> None:
    caches["throttles"].set("visits", 0)
    before = count_connections()

    for _ in range(5):
        thread = threading.Thread(target=lambda: caches["throttles"].incr("visits"))
        thread.start()
        thread.join()

    assert caches["throttles"].get("visits") == 5
    assert count_connections() == before + 1
