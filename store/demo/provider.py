"""What buyers and staff do at the payment emulator: they use its pages and its API, as people use Stripe's."""

import base64
from http.client import HTTPConnection
from time import monotonic, sleep
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.management.base import CommandError

EMULATOR_KEY = "sk_test_emulator"
READY_TIMEOUT = 60  # seconds


def is_emulator() -> bool:
    """Return whether the shop uses the emulator, and not an account at Stripe."""
    return settings.STRIPE_SECRET_KEY == EMULATOR_KEY


def wait_until_ready() -> None:
    """Wait until the emulator accepts connections. Raises CommandError."""
    end = monotonic() + READY_TIMEOUT
    while True:
        try:
            _request("GET", f"{settings.STRIPE_API_BASE}/healthz")
            return
        except OSError:
            if monotonic() > end:
                raise CommandError("The payment emulator does not answer, so the demo orders cannot be paid.") from None
            sleep(0.2)


def pay(checkout_url: str) -> None:
    """Pay on the page of a checkout session. Raises CommandError."""
    _request("POST", checkout_url, act="pay")


def refund(intent: str, amount_minor: int) -> None:
    """Refund a part of a payment without the shop. Raises CommandError."""
    _request("POST", f"{settings.STRIPE_API_BASE}/v1/refunds", payment_intent=intent, amount=str(amount_minor))


def _request(method: str, url: str, **form: str) -> None:
    parts = urlsplit(url)
    token = base64.b64encode(f"{settings.STRIPE_SECRET_KEY}:".encode()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {token}"}
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, parts.path, urlencode(form), headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= 400:
        raise CommandError(f"The payment emulator answered {status} to {method} {parts.path}.")
