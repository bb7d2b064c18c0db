"""Threads that come and go share the connections to Redis"""

import threading

import pytest
import redis
from django.conf import settings
from django.core.cache import caches

from core.redis_pool import SharedPool


def opened() -> int:
    """Return how many connections were opened to the server since it began, with the one that asks."""
    with redis.Redis.from_url(settings.REDIS_URL) as asking:
        return int(asking.info("stats")["total_connections_received"])


def test_as_many_threads_may_ask_at_once_as_the_server_has() -> None:
    assert SharedPool.from_url("redis://127.0.0.1:6379/0").max_connections > 10_000


@pytest.mark.postgresql  # where Redis runs
def test_a_new_thread_opens_no_connection_of_its_own() -> None:
    caches["throttles"].set("visits", 0)
    before = opened()

    for _ in range(5):
        thread = threading.Thread(target=lambda: caches["throttles"].incr("visits"))
        thread.start()
        thread.join()

    assert caches["throttles"].get("visits") == 5
    assert opened() == before + 1
