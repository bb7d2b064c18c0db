"""Spares the shop from waiting for a service that does not answer."""

import time
from threading import Lock


class CircuitBreaker:
    """Skips calls to a service for some seconds after each that failed.

    Then one caller tries again, and the others go on without the service until that call succeeds. It is safe to share between
    threads, and each process has its own.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = Lock()
        self._retry_at: float | None = None  # on the monotonic clock; None while the service answers

    @property
    def is_open(self) -> bool:
        """Whether the service did not answer the last call, so that calls are skipped."""
        return self._retry_at is not None

    def allows_call(self) -> bool:
        """Return whether to call the service now."""
        if self._retry_at is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._retry_at is None:  # it has answered another thread meanwhile
                return True
            if now < self._retry_at:
                return False
            self._retry_at = now + self.seconds
            return True

    def record_failure(self) -> bool:
        """Note that a call has failed. Return whether an outage begins with it."""
        with self._lock:
            begins = self._retry_at is None
            self._retry_at = time.monotonic() + self.seconds
            return begins

    def record_success(self) -> bool:
        """Note that the service has answered. Return whether an outage ends with it."""
        if self._retry_at is None:
            return False
        with self._lock:
            self._retry_at = None
            return True
