"""Parsers of the variables that hold URLs, origins and header names, for `settings.py`."""

import re

from environs import EnvError

from core.local_origins import WEB_ORIGIN
from store.environment import ShopEnv

# The origin of an app's web view (Capacitor, Ionic, Tauri) or of a browser extension, which is sent as it is written.
APP_ORIGIN = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*://[A-Za-z0-9_.~-]+(:(?P<port>[0-9]{1,5}))?")
HEADER_NAME = re.compile(r"[a-z0-9!#$%&'+.^_`|~-]+")  # RFC 9110 §5.6.2, without the asterisk, which CORS treats as a wildcard
# Request headers that pages of other origins may send: the shop's own, conditions, those of `fetch` with a cache mode, and those of
# tracing libraries (W3C Trace Context and Baggage, Sentry). For one header that is not listed, a browser drops the whole request.
DEFAULT_HEADERS = (
    *("accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with"),
    *("x-session-key", "x-cart-token", "x-market", "x-order-token", "idempotency-key", "x-request-id"),
    *("if-match", "if-none-match", "if-unmodified-since", "cache-control", "pragma"),
    *("traceparent", "tracestate", "baggage", "sentry-trace"),
)
SESSION_PARAMETER, ORDER_PARAMETER = "session_id={CHECKOUT_SESSION_ID}", "order={ORDER}"


def parse_web_origin(name: str, value: str) -> str:
    """Return `http(s)://host[:port]`, exactly as a browser sends it in `Origin`. Raises EnvError."""
    match = WEB_ORIGIN.fullmatch(value.strip().rstrip("/").lower())
    if not match or int(match["port"] or 0) > 65535:
        raise EnvError(f"{name} must hold origins like https://shop.example, without a path or a wildcard.")
    return match[0]


def parse_origins(env: ShopEnv, name: str, first: str) -> list[str]:
    """Return `first` and the origins listed in the variable, also of apps, like capacitor://localhost. Raises EnvError."""
    listed: list[str] = env.list(name, [])
    return [first, *(_parse_origin(name, value) for value in listed)]


def _parse_origin(name: str, value: str) -> str:
    scheme, separator, host = value.strip().rstrip("/").partition("://")
    match = APP_ORIGIN.fullmatch(scheme.lower() + separator + host)
    if match and int(match["port"] or 0) <= 65535:
        return match[0]
    return parse_web_origin(name, value)


def parse_header_names(env: ShopEnv, name: str) -> list[str]:
    """Return DEFAULT_HEADERS and the names of headers listed in the variable, in lowercase. Raises EnvError."""
    names: list[str] = env.list(name, [])
    listed = [header.strip().lower() for header in names]
    if not all(HEADER_NAME.fullmatch(header) for header in listed):
        raise EnvError(f"{name} must hold names of headers like x-datadog-trace-id, separated by commas, without a wildcard.")
    return list(dict.fromkeys((*DEFAULT_HEADERS, *listed)))


def parse_success_url(value: str, frontend: str) -> str:
    """Return the URL to which the payment page returns after a payment. Raises EnvError.

    A URL without `{CHECKOUT_SESSION_ID}` or `{ORDER}` gets the missing one as a query parameter: the page needs the session to
    ask for the order's state.
    """
    url = _check_url("CHECKOUT_SUCCESS_URL", value or f"{frontend}/checkout/success")
    for parameter in (SESSION_PARAMETER, ORDER_PARAMETER):
        if parameter.partition("=")[2] not in url:
            url = _add_parameter(url, parameter)
    return url


def parse_cancel_url(value: str, frontend: str) -> str:
    """Return the URL to which the payment page returns without a payment; `{ORDER}` is filled in. Raises EnvError."""
    return _check_url("CHECKOUT_CANCEL_URL", value or f"{frontend}/checkout/cancel?{ORDER_PARAMETER}")


def _check_url(name: str, url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise EnvError(f"{name} must be an absolute URL like https://shop.example/thanks.")
    return url


def _add_parameter(url: str, parameter: str) -> str:
    """Return the URL with a query parameter, before its fragment; the placeholder's braces are kept as they are."""
    page, hash_sign, fragment = url.partition("#")
    path, _, query = page.partition("?")
    joined = "&".join(filter(None, (query.rstrip("&"), parameter)))
    return f"{path}?{joined}{hash_sign}{fragment}"
