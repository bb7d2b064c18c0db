"""Rate limits. Calls are counted before any costly work, in the cache that all processes share.

A window starts with its first call. `incr` is atomic in Redis and, under a lock, in local memory, so that concurrent callers
cannot exceed a limit, as they could if a list of timestamps were read and written back.
"""

import ipaddress
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.cache import caches

from core.circuit_breaker import CircuitBreaker
from core.exceptions import TooManyRequests

logger = logging.getLogger("shop.throttles")
RETRY_SECONDS = 5.0  # between attempts to reach Redis during an outage
breaker = CircuitBreaker(RETRY_SECONDS)
IPV6_PREFIX_LENGTH = 64  # bits; every IPv6 subscriber gets at least a network of this size


def count_call(scope: str, *caller: object) -> None:
    """Count a call by `caller` against each rate of the scope. Raises TooManyRequests."""
    if not settings.THROTTLE_ENABLED:
        return
    for limit, seconds in settings.THROTTLE_RATES[scope]:
        wait = _call_cache(_increment, _get_key(scope, seconds, caller), limit, seconds)
        if wait is not None:
            raise TooManyRequests(wait, scope)


def check(scope: str, *caller: object) -> None:
    """Refuse a call by `caller` if the scope's limits are used up, without counting it. Raises TooManyRequests."""
    if not settings.THROTTLE_ENABLED:
        return
    for limit, seconds in settings.THROTTLE_RATES[scope]:
        wait = _call_cache(_peek, _get_key(scope, seconds, caller), limit, seconds)
        if wait is not None:
            raise TooManyRequests(wait, scope)


def is_within(scope: str, *caller: object) -> bool:
    """Count a call by `caller`; return whether it is within the scope's limits, for what is skipped and not refused."""
    try:
        count_call(scope, *caller)
    except TooManyRequests:
        return False
    return True


def get_caller_key(ip: str | None) -> str:
    """Return the key that identifies a caller: the IPv4 address, or the network of an IPv6 address."""
    if ip is None or ":" not in ip:
        return ip or "unknown"
    return str(ipaddress.ip_network((ip, IPV6_PREFIX_LENGTH), strict=False).network_address)


def _get_key(scope: str, seconds: int, caller: Iterable[object]) -> str:
    return ":".join(("throttle", scope, str(seconds), *(str(part) for part in caller)))


def _call_cache(ask: Callable[[Any, str, int, int], int | None], key: str, limit: int, seconds: int) -> int | None:
    """Ask the shared cache, or that of this process during an outage; return None within the limit, else the seconds to wait."""
    if breaker.allows_call():
        try:
            wait = ask(caches["throttles"], key, limit, seconds)
        except _get_redis_error() as error:  # evaluated when something was raised
            if breaker.record_failure():
                logger.error("Redis is unavailable, so this process counts calls on its own: %s", type(error).__name__)
        else:
            if breaker.record_success():
                logger.warning("Redis is available again")
            return wait
    return ask(caches["throttles_alone"], key, limit, seconds)


def _get_redis_error() -> type[Exception]:
    """Return what the client of Redis raises. A shop without Redis never loads that client, which takes a tenth of its start."""
    from redis.exceptions import RedisError

    return RedisError


def _peek(cache: Any, key: str, limit: int, seconds: int) -> int | None:
    return _compute_wait(cache, key) if (cache.get(key) or 0) >= limit else None


def _increment(cache: Any, key: str, limit: int, seconds: int) -> int | None:
    """Count a call; return None within the limit, else the seconds until the window ends."""
    try:
        calls: int = cache.incr(key)
    except ValueError:  # the first call of a window
        cache.add(key, 0, seconds)
        calls = cache.incr(key)
    if calls == 1:
        cache.set(f"{key}:end", time.time() + seconds, seconds)
        cache.touch(key, seconds)  # if the key expired before `incr`, that created one without a timeout
    return None if calls <= limit else _compute_wait(cache, key)


def _compute_wait(cache: Any, key: str) -> int:
    window_end: float = cache.get(f"{key}:end", 0)
    return max(1, round(window_end - time.time()))
