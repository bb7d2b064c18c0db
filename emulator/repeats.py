"""Idempotency keys: one request, one effect (https://docs.stripe.com/api/idempotent_requests)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from emulator.errors import ApiError
from emulator.storage import Storage

Json = dict[str, Any]


class Repeats:
    """What was answered under each key. What was refused is not kept."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.lock = storage, storage.lock
        self.clear()

    def clear(self) -> None:
        """Forget all keys."""
        with self.lock:
            self.known: dict[str, list[Any]] = {}  # request, status, body
            self.busy: dict[str, str] = {}  # the request that goes on

    def restore(self, key: str, kept: list[Any]) -> None:
        """Take over what an earlier run has kept."""
        self.known[key] = kept

    @contextmanager
    def held(self, key: str, request: str) -> Iterator[tuple[int, Json] | None]:
        """Hold a key while its request goes on. Yields the answer of before; None where this is the first. Raises ApiError."""
        with self.lock:
            _, *answer = known = self.known.get(key) or [self.busy.get(key, request)]
            if known[0] != request:
                words = "Keys for idempotent requests can only be used with the same parameters they were first used with."
                raise ApiError(400, words, kind="idempotency_error")
            if key in self.busy:
                words = "There is currently another in-progress request using this idempotency key."
                raise ApiError(409, words, code="idempotency_key_in_use", kind="idempotency_error")
            if not answer:
                self.busy[key] = request
        try:
            yield (answer[0], answer[1]) if answer else None
        finally:
            if not answer:
                self.busy.pop(key, None)

    def keep(self, key: str, status: int, body: Json) -> None:
        """Keep what is answered under a key that is held."""
        with self.lock:
            if key in self.busy:  # else all was forgotten meanwhile
                self.known[key] = [self.busy[key], status, body]
                self.storage.mark("key", key, self.known[key])
