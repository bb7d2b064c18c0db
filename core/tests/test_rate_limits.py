"""core.rate_limits: counting calls and refusing those over the limit"""

import socket
import time
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import caches
from django.test import override_settings
from pytest_django import Settings

from core import rate_limits
from core.circuit_breaker import CircuitBreaker
from core.exceptions import TooManyRequests
from tests.schema_client import SchemaClient
from tests.services import free_port


def set_rates(settings: Settings, **rates: tuple[tuple[int, int], ...]) -> None:
    """Set the limits of scopes, as (calls, seconds)."""
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, **rates}


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the limits, so that a slow machine does not shorten the time to wait."""
    now = time.time()
    monkeypatch.setattr(rate_limits, "time", SimpleNamespace(time=lambda: now))


def count_calls(times: int, *caller: object, scope: str = "google") -> list[int]:
    """Count this many calls, and return the seconds to wait for each refused one."""
    waits = []
    for _ in range(times):
        try:
            rate_limits.count_call(scope, *caller)
        except TooManyRequests as refusal:
            waits.append(refusal.retry_after)
    return waits


def test_what_is_over_the_limit_is_refused_with_the_time_to_wait(settings: Settings, stopped_clock: None) -> None:
    set_rates(settings, google=((3, 60),))

    assert count_calls(3, "ada") == []
    assert count_calls(2, "ada") == [60, 60]


def test_callers_and_scopes_are_counted_apart(settings: Settings) -> None:
    set_rates(settings, google=((1, 60),), register=((1, 60),))

    assert count_calls(1, "ada") == count_calls(1, "eve") == count_calls(1, "ada", scope="register") == []
    assert len(count_calls(1, "ada")) == 1


def test_of_two_rates_the_narrower_counts_first_and_the_wider_holds_on(settings: Settings) -> None:
    set_rates(settings, google=((2, 1), (3, 3600)))

    assert len(count_calls(4, "ada")) == 2
    time.sleep(1.1)
    assert count_calls(1, "ada") == []
    (wait,) = count_calls(1, "ada")
    assert 3500 < wait < 3600


def test_a_window_ends(settings: Settings) -> None:
    set_rates(settings, google=((1, 1),))
    assert len(count_calls(2, "ada")) == 1

    time.sleep(1.1)

    assert count_calls(1, "ada") == []


def test_a_counter_never_stays_for_ever(settings: Settings) -> None:
    set_rates(settings, google=((1, 1),))
    caches["throttles"].set("throttle:google:1:ada", 0, None)  # a counter without a timeout, as `incr` would create it

    count_calls(1, "ada")
    time.sleep(1.1)

    assert caches["throttles"].get("throttle:google:1:ada") is None


def test_it_can_be_switched_off(settings: Settings) -> None:
    settings.THROTTLE_ENABLED = False

    assert count_calls(5_000, "ada") == []


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        (None, "unknown"),
    ],
)
def test_a_whole_ipv6_network_is_one_caller(ip: str | None, expected: str) -> None:
    assert rate_limits.get_caller_key(ip) == expected


@pytest.fixture
def breaker(monkeypatch: pytest.MonkeyPatch) -> CircuitBreaker:
    """Start without an outage, and leave none behind."""
    monkeypatch.setattr(rate_limits, "breaker", CircuitBreaker(60))
    return rate_limits.breaker


def use_redis(settings: Settings, port: int) -> AbstractContextManager[object]:
    """Count in the Redis at this port."""
    redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"redis://127.0.0.1:{port}/0"}
    options = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
    return override_settings(CACHES={**settings.CACHES, "throttles": {**redis, "OPTIONS": options}})


def test_while_redis_does_not_answer_the_process_counts_alone(
    settings: Settings, api: SchemaClient, breaker: CircuitBreaker, caplog: pytest.LogCaptureFixture
) -> None:
    set_rates(settings, google=((2, 60),))

    with use_redis(settings, free_port()):
        assert count_calls(3, "ada") == [60]
        assert api.get("/api/products/").status_code == 200

    assert [record.message for record in caplog.records if record.name == "shop.throttles"] == [
        "Redis is unavailable, so this process counts calls on its own: ConnectionError"
    ]


def test_a_frozen_redis_delays_one_call(settings: Settings, breaker: CircuitBreaker) -> None:
    set_rates(settings, google=((20, 60),))

    with socket.create_server(("127.0.0.1", 0)) as silent, use_redis(settings, silent.getsockname()[1]):
        assert count_calls(20, "ada") == []
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_counting_returns_to_redis_when_that_answers_again(
    settings: Settings, breaker: CircuitBreaker, caplog: pytest.LogCaptureFixture
) -> None:
    breaker.seconds = 0
    set_rates(settings, google=((2, 60),))
    with use_redis(settings, free_port()):
        count_calls(2, "ada")

    assert count_calls(3, "eve") == [60]
    assert caplog.messages[-1] == "Redis is available again"
    assert breaker.allows_call()


@pytest.fixture
def low_limits(settings: Settings) -> None:
    """Allow three calls a minute to guests, and five to users."""
    set_rates(settings, anon=((3, 60),), user=((5, 60),))


def test_every_call_of_an_address_counts_and_the_refusal_has_the_one_shape(
    api: SchemaClient, low_limits: None, stopped_clock: None
) -> None:
    for path in ("/api/products/", "/api/cart/", "/api/config/"):
        assert api.get(path).status_code == 200

    response = api.get("/api/products/", headers={"Origin": "http://localhost:5173"})

    assert response.status_code == 429
    assert response.json() == {
        "success": False,
        "status": 429,
        "code": "throttled",
        "message": "Too many attempts. Try again later",
        "detail": "Too many attempts. Try again later",
        "errors": {},
        "details": {"retry_after": 60},
    }
    assert response["Retry-After"] == "60"
    assert response["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert "Retry-After" in response["Access-Control-Expose-Headers"]
    assert api.get("/healthz").status_code == 200


def test_a_header_that_anyone_can_write_makes_nobody_another_caller(api: SchemaClient, low_limits: None) -> None:
    answers = [api.get("/api/config/", headers={"X-Forwarded-For": f"203.0.113.{number}"}) for number in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]


def test_behind_a_proxy_each_address_is_a_caller(api: SchemaClient, low_limits: None, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1

    def get_status(forwarded: str) -> Any:
        return api.get("/api/config/", headers={"X-Forwarded-For": forwarded}).status_code

    assert [get_status("203.0.113.1") for _ in range(4)] == [200, 200, 200, 429]
    assert get_status("198.51.100.7, 203.0.113.1") == 429
    assert get_status("203.0.113.1, 203.0.113.2") == 200
