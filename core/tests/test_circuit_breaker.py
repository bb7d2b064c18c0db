"""core.circuit_breaker: calls to a service that does not answer"""

import time

from core.circuit_breaker import CircuitBreaker


def test_calls_are_skipped_after_one_that_failed() -> None:
    breaker = CircuitBreaker(60)

    assert breaker.allows_call()
    assert not breaker.is_open
    assert breaker.record_failure()
    assert breaker.is_open
    assert not breaker.allows_call()


def test_one_caller_at_a_time_tries_again() -> None:
    breaker = CircuitBreaker(0.2)
    breaker.record_failure()
    time.sleep(0.25)

    assert [breaker.allows_call() for _ in range(3)] == [True, False, False]


class LockThatIsHeldByASuccess:
    """A lock whose holder notes a success before the next caller gets it."""

    def __init__(self, breaker: CircuitBreaker) -> None:
        self.breaker = breaker

    def __enter__(self) -> None:
        self.breaker._retry_at = None

    def __exit__(self, *_: object) -> None:
        pass


def test_a_caller_that_waited_for_a_success_begins_no_outage() -> None:
    breaker = CircuitBreaker(60)
    breaker.record_failure()
    breaker._lock = LockThatIsHeldByASuccess(breaker)  # type: ignore[assignment]

    assert breaker.allows_call()
    assert not breaker.record_success()


def test_an_outage_begins_and_ends_once() -> None:
    breaker = CircuitBreaker(0)

    assert [breaker.record_failure(), breaker.record_failure()] == [True, False]
    assert [breaker.record_success(), breaker.record_success()] == [True, False]
    assert breaker.allows_call()
