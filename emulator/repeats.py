"""Idempotency keys: one request, one effect (https://docs.stripe.com/api/idempotent_requests)."""

import threading
from typing import Any

from emulator.errors import ApiError

Json = dict[str, Any]
Answer = tuple[int, Json]


class Repeats:
    """What was answered under each key. What was refused before it began is not kept."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.known: dict[str, tuple[tuple[str, str], Answer | None]] = {}

    def begin(self, key: str, request: tuple[str, str]) -> Answer | None:
        """Return the answer of before; None where this is the first, which `end` or `forget` must follow. Raises ApiError."""
        with self.lock:
            if key not in self.known:
                self.known[key] = (request, None)
                return None
            first, answer = self.known[key]
        if first != request:
            words = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            raise ApiError(400, words, kind="idempotency_error")
        if answer is None:
            words = "There is currently another in-progress request using this idempotency key."
            raise ApiError(409, words, code="idempotency_key_in_use", kind="idempotency_error")
        return answer

    def end(self, key: str, status: int, body: Json) -> None:
        """Keep what is answered under the key."""
        with self.lock:
            request, _ = self.known[key]
            self.known[key] = (request, (status, body))

    def forget(self, key: str) -> None:
        """Let the key be used anew."""
        with self.lock:
            self.known.pop(key, None)
