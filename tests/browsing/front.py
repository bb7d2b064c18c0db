"""The demo shop front on an origin of its own, which the shop under test trusts."""

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pytest_django import Settings

from tests.processes import ROOT

FILE = ROOT / "examples" / "storefront" / "serve.py"


@dataclass(frozen=True)
class Front:
    """Where the shop front is, and where the shop is."""

    origin: str
    api: str


@contextmanager
def serving(api: str, host: str = "localhost") -> Iterator[Front]:
    """Serve the shop front for the shop at `api`, as its own program does."""
    spec = importlib.util.spec_from_file_location("storefront", FILE)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    server = program.server(port=0, api=api, name=host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Front(f"http://{host}:{server.server_port}", api)
    finally:
        server.shutdown()
        server.server_close()


def trust(settings: Settings, origin: str) -> None:
    """Let the shop know this shop front, as FRONTEND_URL does when it starts."""
    settings.FRONTEND_URL = origin
    settings.CORS_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = [origin]
    settings.CHECKOUT_SUCCESS_URL = f"{origin}/checkout/success?session_id={{CHECKOUT_SESSION_ID}}&order={{ORDER}}"
    settings.CHECKOUT_CANCEL_URL = f"{origin}/checkout/cancel?order={{ORDER}}"
