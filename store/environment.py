"""Reads single settings out of the environment: the parsers that `settings.py` needs beside those of environs."""

import hashlib
import hmac
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import dj_database_url
from environs import Env, EnvError

from core.currencies import exponent

DEVELOPMENT_KEY = "development-only-key-that-no-production-start-accepts-0123456789"
TAKEN_PATHS = ("api", "static", "media", "products", "cart", "orders", "order", "auth", "config", "healthz", "readyz")
# Compiling plans to machine code costs more than any statement of a shop, and its tables lie on disks without heads to move.
# A pooler takes no such options: there, ALTER ROLE ... SET does it.
PLANNER = "-c jit=off -c random_page_cost=1.1"
ORIGIN = re.compile(r"https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
RATE = re.compile(r"([1-9][0-9]{0,6})/([1-9][0-9]?)?(s|min|h|d)")
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
Rates = tuple[tuple[int, int], ...]  # (calls, seconds)
# The limits of each scope; THROTTLE_RATES overrides them one by one. What counts as "who" stands where the scope is counted.
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
    "code_verify": "10/10min",
    "mail_account": "3/h",
    "mail_ip": "10/h",
    "refresh": "30/min",
    "password_change": "5/h",
    "cart_write": "120/min",
    "guest_new": "30/min",
    "checkout": "10/min",
    "verify_payment": "30/min",
    "admin_login": "5/min",
    "csrf_event": "10/min",
}
WEAK_KEYS = ("django-insecure-", "django-secret", "changeme", "development-only-key")


class ShopEnv(Env):
    """environs, with two more kinds of value."""

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """Return the variable, which must be one of `choices`; the first is the default."""
        value: str = self.str(name, choices[0])
        if value not in choices:
            raise EnvError(f"{name} must be one of {', '.join(choices)}.")
        return value

    def count(self, name: str, default: int, *, most: int = 2**31 - 1) -> int:
        """Return the variable as a number from 0 to `most`."""
        value: int = self.int(name, default)
        if not 0 <= value <= most:
            raise EnvError(f"{name} must be a number from 0 to {most}.")
        return value

    def derived_secret(self, name: str, secret_key: str) -> str:
        """Return the variable, or HMAC-SHA256 of SECRET_KEY over the variable's own name, so that no two are alike."""
        given: str = self.str(name, "")
        if not given:
            return hmac.new(secret_key.encode(), name.encode(), hashlib.sha256).hexdigest()
        if len(given.encode()) < 32 or given == secret_key:
            raise EnvError(f"{name} must be at least 32 bytes long and differ from SECRET_KEY.")
        return given


def secret(given: str, *, debug: bool, testing: bool) -> str:
    """Return the secret key; without DEBUG a missing, short or well-known one stops the start."""
    if debug:
        if not given and not testing:
            warnings.warn("SECRET_KEY is not set: using the development key, because DEBUG is on.", stacklevel=2)
        return given or DEVELOPMENT_KEY
    if not given:
        raise EnvError("SECRET_KEY is not set.")
    if len(given) < 50 or given.startswith(WEAK_KEYS):
        raise EnvError("SECRET_KEY is well-known or shorter than 50 characters.")
    return given


def all_different(**secrets: str) -> None:
    """Refuse two secrets of one value: what one signs, the other would accept."""
    for name, value in secrets.items():
        if list(secrets.values()).count(value) > 1:
            raise EnvError(f"{name} must differ from the other secrets.")


def hosts(given: list[str], *, debug: bool) -> list[str]:
    """Return the hosts the shop answers for; without DEBUG they must be named, one by one."""
    if debug:
        return given or ["localhost", "127.0.0.1", "[::1]"]
    if not given or "*" in given:
        raise EnvError("ALLOWED_HOSTS must name the hosts of the shop; it is empty or holds a star.")
    return given


def time_zone(name: str) -> str:
    """Return the name of a zone that exists."""
    if name not in available_timezones():
        raise EnvError("TIME_ZONE must be a zone like UTC or Europe/Paris.")
    return name


def admin_path(given: str) -> str:
    """Return the admin's path with one slash at its end."""
    path = given.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9_/-]+", path) or path.split("/")[0] in TAKEN_PATHS:
        raise EnvError("ADMIN_PATH must be a path of letters, digits and dashes like admin/ that nothing else uses.")
    return path + "/"


def page_path(name: str, given: str) -> str:
    """Return the path of a page of the shop front, with one slash at its beginning."""
    path = "/" + given.strip().lstrip("/")
    if not re.fullmatch(r"[A-Za-z0-9_/.~-]+", path):
        raise EnvError(f"{name} must be a path of the shop front like /reset-password.")
    return path


def sms_backend(given: str, file_path: str, *, debug: bool) -> str:
    """Return how text messages leave: a name or a dotted path; empty switches sign-in by phone off."""
    backend = given or ("console" if debug else "")
    if backend in ("console", "locmem") and not debug:
        raise EnvError("SMS_BACKEND=console prints codes for all to read, and locmem keeps them; without DEBUG it takes a gateway.")
    if backend == "file" and not file_path:
        raise EnvError("SMS_BACKEND=file needs SMS_FILE_PATH.")
    if backend not in ("", "console", "file", "locmem") and not re.fullmatch(r"\w+(\.\w+)+", backend):
        raise EnvError("SMS_BACKEND must be console, file, locmem, or the dotted path of a function of a number and a text.")
    return backend


def mail_backend(given: str, host: str, file_path: str) -> str:
    """Return Django's backend for mails: SMTP where a host is named, else the console, unless one is chosen."""
    if given == "file" and not file_path:
        raise EnvError("EMAIL_BACKEND=file needs EMAIL_FILE_PATH.")
    if given == "smtp" and not host:
        raise EnvError("EMAIL_BACKEND=smtp needs EMAIL_HOST.")
    name = "filebased" if given == "file" else given or ("smtp" if host else "console")
    return f"django.core.mail.backends.{name}.EmailBackend"


def live_stripe(live: bool, secret_key: str) -> None:
    """Refuse a test key where real money is meant."""
    if live and not secret_key.startswith(("sk_live_", "rk_live_")):
        raise EnvError("STRIPE_LIVE=1 needs a live key in STRIPE_SECRET_KEY.")


def stripe_api_base(given: str, secret_key: str) -> str:
    """Return where Stripe is; empty: at Stripe's own address. A live key goes nowhere else."""
    if given and secret_key.startswith(("sk_live_", "rk_live_")):
        raise EnvError("STRIPE_API_BASE would send a live key to another party; it is for test keys.")
    return given.rstrip("/")


def checkout_url(name: str, given: str, frontend: str) -> str:
    """Return the page to which the payment page leads back; `{CHECKOUT_SESSION_ID}` and `{ORDER}` are filled in."""
    page = "success" if name == "CHECKOUT_SUCCESS_URL" else "cancel"
    url = given or f"{frontend}/checkout/{page}?session_id={{CHECKOUT_SESSION_ID}}&order={{ORDER}}"
    if not url.startswith(("https://", "http://")):
        raise EnvError(f"{name} must be the whole address of a page, like https://shop.example/thanks.")
    return url if page == "success" else url.replace("session_id={CHECKOUT_SESSION_ID}&", "")


def shipping_rates(text: str, markets: Mapping[str, str]) -> dict[str, tuple[Decimal, Decimal | None]]:
    """Return what sending costs in each market, and from which subtotal it is free: `in:50.00:999.00,us:4.99`."""
    rates: dict[str, tuple[Decimal, Decimal | None]] = {}
    for market, amounts in _by_market("SHIPPING", text, markets):
        flat, _, free_from = amounts.partition(":")
        rates[market] = (_amount("SHIPPING", flat, markets[market]), None)
        if free_from:
            rates[market] = (rates[market][0], _amount("SHIPPING", free_from, markets[market]))
    return rates


def tax_rates(text: str, markets: Mapping[str, str]) -> dict[str, Decimal]:
    """Return the tax in per cent that prices of each market include: `in:18,us:0`."""
    rates = {}
    for market, rate in _by_market("TAX_RATES", text, markets):
        if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", rate):
            raise EnvError("TAX_RATES must look like in:18,us:0 (per cent, within the prices).")
        rates[market] = Decimal(rate)
    return rates


def _by_market(name: str, text: str, markets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for pair in filter(None, (part.strip() for part in text.split(","))):
        market, _, value = pair.partition(":")
        if market not in markets or not value:
            raise EnvError(f"{name} names a market that MARKETS does not, or no value: {pair[:40]}")
        if market in seen:
            raise EnvError(f"{name} names the market {market} twice.")
        seen.add(market)
        yield market, value


def _amount(name: str, text: str, currency: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", text):
        raise EnvError(f"{name} must look like in:50.00:999.00,us:4.99 (flat rate, and from where it is free).")
    amount = Decimal(text)
    if amount != round(amount, exponent(currency)):
        raise EnvError(f"{name} holds an amount with more digits than {currency} has.")
    return amount


def origins(env: ShopEnv, name: str, first: str) -> list[str]:
    """Return `first` and the origins that the variable lists."""
    listed: list[str] = env.list(name, [])
    return [first, *(origin(name, value) for value in listed)]


def origin(name: str, value: str) -> str:
    """Return `scheme://host[:port]`, exactly as a browser sends it in `Origin`."""
    found = ORIGIN.fullmatch(value.strip().rstrip("/").lower())
    if not found or int(found["port"] or 0) > 65535:
        raise EnvError(f"{name} must hold origins like https://shop.example, without a path or a star.")
    return found[0]


def market_table(text: str) -> dict[str, str]:
    """Return the currency of each market: `in:INR,us:USD` becomes {"in": "INR", "us": "USD"}; the first is the default."""
    pairs = [pair.strip() for pair in text.split(",") if pair.strip()]
    if not pairs or not all(re.fullmatch(r"[a-z]{2}:[A-Z]{3}", pair) for pair in pairs):
        raise EnvError("MARKETS must look like in:INR,us:USD (two small letters, a colon, a currency).")
    table = {pair[:2]: pair[3:] for pair in pairs}
    if len(table) != len(pairs):
        raise EnvError("MARKETS names a market twice.")
    return table


def throttle_rates(text: str) -> dict[str, Rates]:
    """Return the limits of each scope: `login_ip=20/min;200/h,register=5/h` overrides those that it names."""
    told = [pair.strip() for pair in text.split(",") if pair.strip()]
    own = dict(pair.split("=", 1) for pair in told if "=" in pair)
    if len(own) != len(told) or not own.keys() <= DEFAULT_RATES.keys():
        raise EnvError(f"THROTTLE_RATES must look like login_ip=20/min;200/h,register=5/h; there are {', '.join(DEFAULT_RATES)}.")
    return {scope: _rates(rates) for scope, rates in {**DEFAULT_RATES, **own}.items()}


def _rates(text: str) -> Rates:
    """Read `10/15min;100/h` as ((10, 900), (100, 3600))."""
    found = [RATE.fullmatch(rate.strip()) for rate in text.split(";")]
    if not all(found):
        raise EnvError("THROTTLE_RATES holds a rate that is not like 10/min, 10/15min, 100/h or 1000/d.")
    return tuple((int(rate[1]), int(rate[2] or 1) * SECONDS[rate[3]]) for rate in found if rate)


def database(env: ShopEnv, base_dir: Path) -> dict[str, Any]:
    """Return Django's settings of the database that DATABASE_URL names; a SQLite file where it is absent."""
    url: str = env.str("DATABASE_URL", "") or f"sqlite:///{base_dir / 'db.sqlite3'}"
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise EnvError("DATABASE_URL cannot be read; it looks like postgres://user:password@host:5432/name.") from None
    if config["ENGINE"] == "django.db.backends.sqlite3":
        return config | _sqlite(config["NAME"])
    return config | _server(env, config)


def _sqlite(name: str) -> dict[str, Any]:
    # IMMEDIATE: a transaction that reads first and writes later otherwise fails with "database is locked" under concurrency.
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
    return {
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": pragmas},
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": f"{name}.test" if name != ":memory:" else None},
    }


def _server(env: ShopEnv, config: dict[str, Any]) -> dict[str, Any]:
    pool = env.count("DATABASE_POOL", 0)
    options: dict[str, Any] = dict(config.get("OPTIONS", {}))
    if config["ENGINE"] == "django.db.backends.postgresql":
        if env.bool("DATABASE_SSL", False):
            options.setdefault("sslmode", "require")
        if env.bool("DATABASE_PREPARED", True):
            options |= {"server_side_binding": True, "prepare_threshold": 1}
            options["options"] = f"{options.get('options', '')} {PLANNER}".strip()
        if pool:
            options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    return {
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool else env.count("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": not env.bool("DATABASE_PREPARED", True),
    }
