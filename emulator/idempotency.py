"""Idempotency keys: a repeated request replays the first response (https://docs.stripe.com/api/idempotent_requests)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from emulator.errors import ApiError
from emulator.storage import Storage

Json = dict[str, Any]


class IdempotencyKeys:
    """The response stored for each key. Error responses are not stored."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.lock = storage, storage.lock
        self.clear()

    def clear(self) -> None:
        """Delete all keys."""
        with self.lock:
            self.responses: dict[str, list[Any]] = {}  # [request, status, body]
            self.in_progress: dict[str, str] = {}  # key -> request

    def restore(self, key: str, stored: list[Any]) -> None:
        """Load a key that an earlier run stored."""
        self.responses[key] = stored

    @contextmanager
    def lock_key(self, key: str, request: str) -> Iterator[tuple[int, Json] | None]:
        """Lock a key while its request runs. Yields the stored response, or None for the first request. Raises ApiError."""
        with self.lock:
            first_request, *response = self.responses.get(key) or [self.in_progress.get(key, request)]
            if first_request != request:
                message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
                raise ApiError(400, message, kind="idempotency_error")
            if key in self.in_progress:
                message = "There is currently another in-progress request using this idempotency key."
                raise ApiError(409, message, code="idempotency_key_in_use", kind="idempotency_error")
            if not response:
                self.in_progress[key] = request
        try:
            yield (response[0], response[1]) if response else None
        finally:
            if not response:
                self.in_progress.pop(key, None)

    def store_response(self, key: str, status: int, body: Json) -> None:
        """Store the response of a locked key."""
        with self.lock:
            if key in self.in_progress:  # `clear` may have run in the meantime
                self.responses[key] = [self.in_progress[key], status, body]
                self.storage.mark("key", key, self.responses[key])
