"""The demo storefront on a separate origin, which the shop under test trusts."""

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

from pytest_django import Settings

from tests.processes import ROOT

SERVER_FILE = ROOT / "examples" / "storefront" / "serve.py"


@dataclass(frozen=True)
class Storefront:
    """The storefront's origin and the shop's API URL."""

    origin: str
    api: str


def load_server() -> ModuleType:
    """Return the module of the storefront's server."""
    spec = importlib.util.spec_from_file_location("storefront", SERVER_FILE)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


@contextmanager
def serve_storefront(api: str, host: str = "localhost") -> Iterator[Storefront]:
    """Serve the storefront for the shop at `api`, as its own program does."""
    server = load_server().make_server(port=0, api=api, host=host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Storefront(f"http://{host}:{server.server_port}", api)
    finally:
        server.shutdown()
        server.server_close()


def trust_origin(settings: Settings, origin: str) -> None:
    """Let the shop trust this storefront, as FRONTEND_URL does at start-up."""
    settings.FRONTEND_URL = origin
    settings.CORS_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = [origin]
    settings.CHECKOUT_SUCCESS_URL = f"{origin}/checkout/success?session_id={{CHECKOUT_SESSION_ID}}&order={{ORDER}}"
    settings.CHECKOUT_CANCEL_URL = f"{origin}/checkout/cancel?order={{ORDER}}"
