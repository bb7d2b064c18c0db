"""Starting the shop: what is missing or wrong stops it with a sentence that names the variable and prints no value.

The settings are read in this process; what needs another one (the command line, the server) is started once.
"""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

import manage
from tests.processes import PRODUCTION, ROOT, copy_to, load_settings, run, run_script

LONG = "4711-" * 13
WRONG = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "django-secret"),
    ("SECRET_KEY", f"django-insecure-{LONG}"),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", "*"),
    ("JWT_SIGNING_KEY", "too-short-4711"),
    ("JWT_SIGNING_KEY", PRODUCTION["SECRET_KEY"]),
    ("GUEST_KEY_SECRET", "too-short-4711"),
    ("ORDER_TOKEN_SECRET", "too-short-4711"),
    ("FRONTEND_URL", "https://shop.example/path-4711"),
    ("FRONTEND_URL", "http://[4711"),
    ("CORS_ALLOWED_ORIGINS", "*"),
    ("CSRF_TRUSTED_ORIGINS", "https://*.shop-4711.example"),
    ("MARKETS", "in=INR-4711"),
    ("DATABASE_URL", "postgres://ada:pw-4711@db:port/shop"),
    ("DEBUG", "maybe-4711"),
    ("TRUSTED_PROXIES", "many-4711"),
    ("TRUSTED_PROXIES", "-1"),
    ("ADMIN_PATH", "api/4711"),
    ("TIME_ZONE", "Mars/4711"),
    ("AUTH_COOKIE_SAMESITE", "Strict-4711"),
    ("LOG_LEVEL", "LOUD-4711"),
    ("ADDRESS_RULES", "STRICT-4711"),
    ("OTP_PEPPER", "too-short-4711"),
    ("SMS_BACKEND", "console"),
    ("SMS_BACKEND", "no-path-4711"),
    ("SMS_BACKEND", "file"),
    ("EMAIL_BACKEND", "pigeon-4711"),
    ("EMAIL_BACKEND", "file"),
    ("EMAIL_BACKEND", "smtp"),
    ("RESET_PAGE", "/reset?4711"),
    ("VERIFY_PAGE", "/verify#4711"),
    ("THROTTLE_RATES", "login_ip=4711/year"),
    ("THROTTLE_RATES", "scope-4711=1/min"),
    ("THROTTLE_RATES", "4711"),
]
OF_A_LIST = ("", "*", "console", "file", "smtp")  # values that the sentence may name


def get_refusal(project: Path, **variables: str) -> str:
    """Return the sentence with which the settings refuse these variables."""
    with pytest.raises(ImproperlyConfigured) as refusal:
        load_settings(project, **variables)
    assert "4711" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name}={value}" for name, value in WRONG])
def test_a_wrong_value_stops_the_start(project: Path, name: str, value: str) -> None:
    sentence = get_refusal(project, **{**PRODUCTION, name: value})

    assert name in sentence
    assert value in OF_A_LIST or value not in sentence.replace("See .env.example", "")


@pytest.mark.parametrize("arguments", [("manage.py", "run_jobs", "--once"), ("-c", "import store.wsgi")], ids=["command", "server"])
def test_neither_a_command_nor_a_server_starts(project: Path, arguments: tuple[str, ...]) -> None:
    done = run(project, *arguments, **{**PRODUCTION, "SECRET_KEY": "django-secret"})

    said = (done.stdout + done.stderr).strip()
    assert done.returncode == 1
    assert "SECRET_KEY" in said
    assert "django-secret" not in said
    if arguments[0] == "manage.py":
        assert said.startswith("Cannot start: ")
        assert "\n" not in said


@pytest.mark.parametrize("key", ["", "sk_test_4711", "pk_live_4711"])
def test_where_real_money_is_meant_a_test_key_stops_the_start(project: Path, key: str) -> None:
    assert "STRIPE_LIVE" in get_refusal(project, **PRODUCTION, STRIPE_LIVE="1", STRIPE_SECRET_KEY=key)


def test_two_secrets_may_not_be_equal(project: Path) -> None:
    sentence = get_refusal(project, **PRODUCTION, JWT_SIGNING_KEY=LONG, GUEST_KEY_SECRET=LONG)

    assert "GUEST_KEY_SECRET" in sentence or "JWT_SIGNING_KEY" in sentence


@pytest.mark.parametrize(
    "given", [("CLOUD_NAME",), ("API_KEY",), ("API_SECRET",), ("CLOUD_NAME", "API_KEY"), ("API_KEY", "API_SECRET")], ids="+".join
)
def test_half_of_cloudinary_stops_the_start(project: Path, given: tuple[str, ...]) -> None:
    sentence = get_refusal(project, **PRODUCTION, **{f"CLOUDINARY_{name}": "value-4711" for name in given})

    assert [name for name in ("CLOUD_NAME", "API_KEY", "API_SECRET") if f"CLOUDINARY_{name}" not in sentence] == []


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"DEBUG=1\nSECRET_KEY 4711\n", "Line 2 of .env is not NAME=value."),
        (b"\xff\xfe", ".env is not readable UTF-8 text"),
        (b"DEBUG=1\nSECRET_KEY\n", "Line 2 of .env is not NAME=value."),
    ],
)
def test_a_broken_env_file_stops_the_start(tmp_path: Path, written: bytes, words: str) -> None:
    project = copy_to(tmp_path)
    (project / ".env").write_bytes(written)

    assert words in get_refusal(project, **PRODUCTION)


def test_a_package_that_is_not_installed_is_named_with_what_to_do(tmp_path: Path) -> None:
    project = copy_to(tmp_path)
    (project / "environs.py").write_text("raise ModuleNotFoundError(\"No module named 'environs'\", name='environs')")

    done = run(project, "manage.py", "check", **PRODUCTION)

    assert done.returncode == 1
    assert done.stderr.startswith("The Python package 'environs' is not installed. Run: ")
    assert "pip install -r requirements.txt" in done.stderr


@pytest.mark.parametrize(
    ("missing", "raised"), [("orjson", SystemExit), ("unfold.apps", SystemExit), ("orders.nothing", ModuleNotFoundError)]
)
def test_a_mistake_of_the_shops_own_is_shown_whole(
    monkeypatch: pytest.MonkeyPatch, missing: str, raised: type[BaseException]
) -> None:
    def fail() -> None:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(manage, "run", fail)

    with pytest.raises(raised, match=missing.partition(".")[0]):
        manage.main()


def test_nothing_at_all_is_not_enough(project: Path) -> None:
    assert "SECRET_KEY" in get_refusal(project)


def test_production_is_safe_without_being_asked(project: Path) -> None:
    needed = {name: value for name, value in PRODUCTION.items() if name != "DEBUG"}

    settings = load_settings(project, **needed, CORS_ALLOWED_ORIGINS="https://app.example")

    safe = {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 3600,
        "AUTH_COOKIE_SECURE": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_NAME": "admin_sessionid",
        "SESSION_COOKIE_PATH": "/admin/",
        "CORS_ALLOWED_ORIGINS": ["https://shop.example", "https://app.example"],
        "CSRF_TRUSTED_ORIGINS": ["https://shop.example"],
        "CORS_ALLOW_CREDENTIALS": True,
        "ALLOWED_HOSTS": ["shop.example"],
        "SHOP_NAME": "Our shop",
    }
    assert {name: settings[name] for name in safe} == safe
    assert settings.get("SESSION_COOKIE_HTTPONLY", True) is True  # Django's own default


def test_a_production_start_passes_its_own_checks(project: Path) -> None:
    parts = {"DATABASE_URL": "postgres://shop@db/shop", "REDIS_URL": "redis://cache:6379/0", "EMAIL_HOST": "mail.shop.example"}
    whole = {**PRODUCTION, **parts, "TRUSTED_PROXIES": "1"}

    done = run(project, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **whole)

    assert done.returncode == 0, done.stderr


def test_the_real_environment_wins_over_the_file(tmp_path: Path) -> None:
    shop = copy_to(tmp_path)
    lines = "".join(f"{name}={value}\n" for name, value in PRODUCTION.items())
    (shop / ".env").write_text(f"{lines}SHOP_NAME=From the file\nHSTS_SECONDS=60\n")

    settings = load_settings(shop, SHOP_NAME="From the environment")

    assert settings["SHOP_NAME"] == "From the environment"
    assert settings["SECURE_HSTS_SECONDS"] == 60


def test_the_example_is_enough_once_key_and_hosts_are_filled_in(tmp_path: Path) -> None:
    shop = copy_to(tmp_path)
    example = (ROOT / ".env.example").read_text()
    filled = example.replace("\nSECRET_KEY=\n", f"\nSECRET_KEY={PRODUCTION['SECRET_KEY']}\n")
    (shop / ".env").write_text(filled.replace("\nALLOWED_HOSTS=\n", "\nALLOWED_HOSTS=shop.example\n"))

    assert load_settings(shop)["ALLOWED_HOSTS"] == ["shop.example"]


def test_without_a_secret_key_debug_starts_with_a_warning(project: Path) -> None:
    with pytest.warns(UserWarning, match="SECRET_KEY is not set"):
        settings = load_settings(project, DEBUG="1")

    assert settings["SECRET_KEY"] == "development-only-key-that-no-production-start-accepts-0123456789"


@pytest.mark.once
def test_what_most_processes_never_use_is_not_loaded_by_the_start(project: Path) -> None:
    loaded = run_script(project, "import sys, store.urls; print(json.dumps(list(sys.modules)))", **PRODUCTION)

    assert {"openpyxl", "redis"} & set(loaded) == set()
