"""Reads the answers of carriers' servers, within limits of time and size."""

import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import requests
from urllib3.exceptions import HTTPError

from orders.exceptions import CarrierRefused, CarrierUnavailable, UnknownToCarrier

CONNECT_TIMEOUT, READ_TIMEOUT, TOTAL_TIMEOUT = 3, 10, 20  # seconds
MAX_ANSWER_SIZE = 2 * 1024 * 1024  # bytes
CHUNK_SIZE = 64 * 1024  # bytes


def fetch_json(url: str, params: Sequence[tuple[str, str]], headers: Mapping[str, str]) -> Any:
    """Return the JSON at a URL. Redirects are not followed: they would take the token along.

    Raises CarrierUnavailable; CarrierRefused, for the status 404 UnknownToCarrier.
    """
    sent = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
    timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
    try:
        with requests.get(url, params, headers=sent, timeout=timeout, stream=True, allow_redirects=False) as response:
            status = response.status_code
            if status == HTTPStatus.NOT_FOUND:
                raise UnknownToCarrier
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise CarrierUnavailable(f"The carrier answers with the status {status}")
            if status != HTTPStatus.OK:
                raise CarrierRefused(f"The carrier answers with the status {status}")
            return orjson.loads(_read_body(response))
    except (OSError, HTTPError) as error:  # requests' errors are OSErrors
        raise CarrierUnavailable(f"The carrier does not answer: {type(error).__name__}") from error
    except ValueError as error:
        raise CarrierUnavailable("The carrier's answer cannot be read") from error


def _read_body(response: requests.Response) -> bytes:
    """Return the body. Raises CarrierUnavailable if it is too large or takes too long; HTTPError."""
    body, deadline = bytearray(), time.monotonic() + TOTAL_TIMEOUT
    # read1 returns what is available, so that slow answers hit the deadline.
    while chunk := response.raw.read1(CHUNK_SIZE, decode_content=False):
        body += chunk
        if len(body) > MAX_ANSWER_SIZE or time.monotonic() > deadline:
            raise CarrierUnavailable("The carrier's answer is too large or too slow")
    return bytes(body)
