"""Parsers of individual environment variables for `settings.py`, in addition to those of environs."""

import hashlib
import hmac
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from zoneinfo import available_timezones

from environs import Env, EnvError

from core import stripe_keys
from core.currencies import exponent

DEVELOPMENT_KEY = "development-only-key-that-no-production-start-accepts-0123456789"
RESERVED_PATHS = ("api", "static", "media", "products", "cart", "orders", "order", "auth", "config", "healthz", "readyz", "metrics")
RATE = re.compile(r"([1-9][0-9]{0,6})/([1-9][0-9]?)?(s|min|h|d)")
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
Rates = tuple[tuple[int, int], ...]  # (calls, seconds)
# The limits of each scope; THROTTLE_RATES overrides them one by one. The code that counts a scope decides who its caller is.
DEFAULT_RATES = {
    "anon": "600/min",
    "user": "1200/min",
    "login_ip": "10/min;100/h",
    "login_account": "10/15min",
    "login_mail": "100/h",
    "register": "10/h",
    "google": "20/min",
    "code_send": "1/min;5/h",
    "code_send_ip": "20/h",
    "code_send_all": "1000/d",
    "code_send_order": "10/d",
    "code_verify": "10/10min",
    "mail_account": "3/h",
    "mail_ip": "10/h",
    "refresh": "30/min",
    "password_change": "5/h",
    "export": "5/h",
    "cart_write": "120/min",
    "code_try": "20/h",
    "guest_new": "30/min",
    "checkout": "10/min",
    "verify_payment": "30/min",
    "admin_login": "5/min",
    "csrf_event": "10/min",
    "login_event": "10/min",
    "refusal_log": "10/min",
}
SHIPPING_EXAMPLE = "in:50.00:999.00,us:4.99 (flat rate, and the subtotal for free shipping)"
CASH_RULES_EXAMPLE = "in:5000:3,us::2 (total above which the phone must be confirmed, and refused orders that end the offer)"
WEAK_KEYS = ("django-insecure-", "django-secret", "changeme", "development-only-key")


class ShopEnv(Env):
    """environs with additional types of values."""

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """Return the variable, which must be one of `choices`; the first is the default. Raises EnvError."""
        value: str = self.str(name, choices[0])
        if value not in choices:
            raise EnvError(f"{name} must be one of {', '.join(choices)}.")
        return value

    def count(self, name: str, default: int, *, maximum: int = 2**31 - 1) -> int:
        """Return the variable as an integer from 0 to `maximum`. Raises EnvError."""
        value: int = self.int(name, default)
        if not 0 <= value <= maximum:
            raise EnvError(f"{name} must be a number from 0 to {maximum}.")
        return value

    def derived_secret(self, name: str, secret_key: str) -> str:
        """Return the variable; by default the HMAC-SHA256 of its name with SECRET_KEY. Raises EnvError."""
        secret: str = self.str(name, "")
        if not secret:
            return hmac.new(secret_key.encode(), name.encode(), hashlib.sha256).hexdigest()
        if len(secret.encode()) < 32 or secret == secret_key:
            raise EnvError(f"{name} must be at least 32 bytes long and differ from SECRET_KEY.")
        return secret

    def former_secrets(self, variable: str, former_secret_keys: list[str]) -> list[str]:
        """Return the former values that stay valid of the secret that `variable` names with the suffix `_FALLBACKS`.

        If the secret itself is not set, what former values of SECRET_KEY derive stays valid, too.
        """
        name = variable.removesuffix("_FALLBACKS")
        listed: list[str] = self.list(variable, [])
        derived = [] if self.str(name, "") else [self.derived_secret(name, key) for key in former_secret_keys]
        return [*listed, *derived]


def parse_secret_key(value: str, *, debug: bool, testing: bool) -> str:
    """Return the secret key. Raises EnvError without DEBUG if it is missing, short or well-known."""
    if debug:
        if not value and not testing:
            warnings.warn("SECRET_KEY is not set: using the development key, because DEBUG is on.", stacklevel=2)
        return value or DEVELOPMENT_KEY
    if not value:
        raise EnvError("SECRET_KEY is not set.")
    if len(value) < 50 or value.startswith(WEAK_KEYS):
        raise EnvError("SECRET_KEY is well-known or shorter than 50 characters.")
    return value


def parse_hosts(names: list[str], *, debug: bool) -> list[str]:
    """Return the allowed hosts; without DEBUG they must be listed explicitly. Raises EnvError."""
    if debug:
        return names or ["localhost", "127.0.0.1", "[::1]"]
    if not names or "*" in names:
        raise EnvError("ALLOWED_HOSTS must name the hosts of the shop; it is empty or contains a wildcard.")
    return names


def parse_time_zone(name: str) -> str:
    """Return the name of an existing time zone. Raises EnvError."""
    if name not in available_timezones():
        raise EnvError("TIME_ZONE must be a zone like UTC or Europe/Paris.")
    return name


def parse_admin_path(value: str) -> str:
    """Return the admin's path with a trailing slash. Raises EnvError."""
    path = value.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9_/-]+", path) or path.split("/")[0] in RESERVED_PATHS:
        raise EnvError("ADMIN_PATH must be a path of letters, digits and dashes like admin/ that nothing else uses.")
    return path + "/"


def parse_page_path(name: str, value: str) -> str:
    """Return the path of a shop front page with a leading slash. Raises EnvError."""
    path = "/" + value.strip().lstrip("/")
    if not re.fullmatch(r"[A-Za-z0-9_/.~-]+", path):
        raise EnvError(f"{name} must be a path of the shop front like /reset-password.")
    return path


def parse_sms_backend(value: str, file_path: str, *, debug: bool) -> str:
    """Return the SMS backend: a name or a dotted path; empty disables sign-in by phone. Raises EnvError."""
    backend = value or ("console" if debug else "")
    if backend in ("console", "locmem") and not debug:
        raise EnvError("SMS_BACKEND=console and locmem expose the codes; without DEBUG, configure a gateway.")
    if backend == "file" and not file_path:
        raise EnvError("SMS_BACKEND=file needs SMS_FILE_PATH.")
    if backend not in ("", "console", "file", "locmem") and not re.fullmatch(r"\w+(\.\w+)+", backend):
        raise EnvError("SMS_BACKEND must be console, file, locmem, or the dotted path of a function of a number and a text.")
    return backend


def parse_email_backend(value: str, host: str, file_path: str) -> str:
    """Return the e-mail backend: by default SMTP if a host is set, else the console. Raises EnvError."""
    if value == "file" and not file_path:
        raise EnvError("EMAIL_BACKEND=file needs EMAIL_FILE_PATH.")
    if value == "smtp" and not host:
        raise EnvError("EMAIL_BACKEND=smtp needs EMAIL_HOST.")
    name = value or ("smtp" if host else "console")
    modules = {"console": "core.mail_backends.console", "file": "django.core.mail.backends.filebased"}
    return f"{modules.get(name, 'django.core.mail.backends.smtp')}.EmailBackend"


def parse_stripe_api_base(value: str, secret_key: str) -> str:
    """Return the base URL of the Stripe API; empty for Stripe's own. Raises EnvError for another URL with a live key."""
    if value and stripe_keys.is_live(secret_key):
        raise EnvError("STRIPE_API_BASE would send a live key to a third party; use it with test keys only.")
    return value.rstrip("/")


def parse_shipping_rates(text: str, markets: Mapping[str, str]) -> dict[str, tuple[Decimal, Decimal | None]]:
    """Return each market's flat rate and subtotal for free shipping: `in:50.00:999.00,us:4.99`. Raises EnvError."""
    rates: dict[str, tuple[Decimal, Decimal | None]] = {}
    for market, amounts in _parse_pairs("SHIPPING", text, markets):
        flat, _, free_from = amounts.partition(":")
        rates[market] = (_parse_amount("SHIPPING", flat, markets[market], SHIPPING_EXAMPLE), None)
        if free_from:
            rates[market] = (rates[market][0], _parse_amount("SHIPPING", free_from, markets[market], SHIPPING_EXAMPLE))
    return rates


def parse_tax_rates(text: str, markets: Mapping[str, str]) -> dict[str, Decimal]:
    """Return the tax rate in per cent included in the prices of each market: `in:18,us:0`. Raises EnvError."""
    rates = {}
    for market, rate in _parse_pairs("TAX_RATES", text, markets):
        if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", rate):
            raise EnvError("TAX_RATES must look like in:18,us:0 (per cent, included in the prices).")
        rates[market] = Decimal(rate)
    return rates


def parse_cash_rules(text: str, markets: Mapping[str, str]) -> dict[str, tuple[Decimal | None, int | None]]:
    """Return each market's total above which a phone must be confirmed, and its limit of refusals: `in:5000:3,us::2`.

    Either part may be empty, which is None. Raises EnvError.
    """
    rules: dict[str, tuple[Decimal | None, int | None]] = {}
    for market, rule in _parse_pairs("COD_RULES", text, markets):
        amount, _, refusals = rule.partition(":")
        if not re.fullmatch(r"([1-9][0-9]?)?", refusals) or not (amount or refusals):
            raise EnvError(f"COD_RULES must look like {CASH_RULES_EXAMPLE}, with 1 to 99 refusals.")
        total = _parse_amount("COD_RULES", amount, markets[market], CASH_RULES_EXAMPLE) if amount else None
        rules[market] = (total, int(refusals) if refusals else None)
    return rules


def _parse_pairs(name: str, text: str, markets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for pair in filter(None, (part.strip() for part in text.split(","))):
        market, _, value = pair.partition(":")
        if market not in markets or not value:
            raise EnvError(f"{name} has an unknown market or no value: {pair[:40]}")
        if market in seen:
            raise EnvError(f"{name} contains the market {market} twice.")
        seen.add(market)
        yield market, value


def _parse_amount(name: str, text: str, currency: str, example: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", text):
        raise EnvError(f"{name} must look like {example}.")
    amount = Decimal(text)
    if amount != round(amount, exponent(currency)):
        raise EnvError(f"{name} has an amount with more decimal digits than {currency}.")
    return amount


def parse_markets(text: str) -> dict[str, str]:
    """Return the currency by market: `in:INR,us:USD` is {"in": "INR", "us": "USD"}, the first the default. Raises EnvError."""
    pairs = [pair.strip() for pair in text.split(",") if pair.strip()]
    if not pairs or not all(re.fullmatch(r"[a-z]{2}:[A-Z]{3}", pair) for pair in pairs):
        raise EnvError("MARKETS must look like in:INR,us:USD (two lowercase letters, a colon, a currency).")
    table = {pair[:2]: pair[3:] for pair in pairs}
    if len(table) != len(pairs):
        raise EnvError("MARKETS contains a market twice.")
    return table


def parse_throttle_rates(text: str) -> dict[str, Rates]:
    """Return the limits of each scope; `login_ip=20/min;200/h,register=5/h` overrides two of them. Raises EnvError."""
    pairs = [pair.strip() for pair in text.split(",") if pair.strip()]
    overrides = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(overrides) != len(pairs) or not overrides.keys() <= DEFAULT_RATES.keys():
        raise EnvError(f"THROTTLE_RATES must look like login_ip=20/min;200/h,register=5/h; scopes: {', '.join(DEFAULT_RATES)}.")
    return {scope: _parse_rates(rates) for scope, rates in {**DEFAULT_RATES, **overrides}.items()}


def _parse_rates(text: str) -> Rates:
    """Parse `10/15min;100/h` to ((10, 900), (100, 3600))."""
    matches = [RATE.fullmatch(rate.strip()) for rate in text.split(";")]
    if not all(matches):
        raise EnvError("THROTTLE_RATES has a rate that is not like 10/min, 10/15min, 100/h or 1000/d.")
    return tuple((int(rate[1]), int(rate[2] or 1) * SECONDS[rate[3]]) for rate in matches if rate)
