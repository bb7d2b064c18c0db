"""Starting the shop: what is missing or wrong stops it with a sentence that names the variable and prints no value."""

from pathlib import Path

import pytest

from tests.processes import PRODUCTION, ROOT, copy_to, run, told

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
ASK = """
from django.conf import settings as s
names = ["DEBUG", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "AUTH_COOKIE_SECURE", "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_NAME", "SESSION_COOKIE_PATH",
    "CORS_ALLOWED_ORIGINS", "CSRF_TRUSTED_ORIGINS", "CORS_ALLOW_CREDENTIALS", "ALLOWED_HOSTS", "SHOP_NAME"]
print(json.dumps({name: getattr(s, name) for name in names}))
"""


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name}={value}" for name, value in WRONG])
def test_a_wrong_value_stops_the_start(project: Path, name: str, value: str) -> None:
    done = run(project, "manage.py", "check", **{**PRODUCTION, name: value})

    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert name in said
    assert "Traceback" not in said
    assert value in OF_A_LIST or value not in said.replace("See .env.example", "")
    assert "4711" not in said


@pytest.mark.parametrize("key", ["", "sk_test_4711", "pk_live_4711"])
def test_where_real_money_is_meant_a_test_key_stops_the_start(project: Path, key: str) -> None:
    done = run(project, "manage.py", "check", **PRODUCTION, STRIPE_LIVE="1", STRIPE_SECRET_KEY=key)

    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "STRIPE_LIVE" in said
    assert "4711" not in said


def test_a_server_does_not_start_either(project: Path) -> None:
    done = run(project, "-c", "import store.wsgi", **{**PRODUCTION, "SECRET_KEY": "django-secret"})

    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr
    assert "django-secret" not in done.stderr


def test_two_secrets_may_not_be_equal(project: Path) -> None:
    done = run(project, "manage.py", "check", **PRODUCTION, JWT_SIGNING_KEY=LONG, GUEST_KEY_SECRET=LONG)

    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "GUEST_KEY_SECRET" in said or "JWT_SIGNING_KEY" in said
    assert "4711" not in said


@pytest.mark.parametrize(
    "given", [("CLOUD_NAME",), ("API_KEY",), ("API_SECRET",), ("CLOUD_NAME", "API_KEY"), ("API_KEY", "API_SECRET")], ids="+".join
)
def test_half_of_cloudinary_stops_the_start(project: Path, given: tuple[str, ...]) -> None:
    done = run(project, "manage.py", "check", **PRODUCTION, **{f"CLOUDINARY_{name}": "value-4711" for name in given})

    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert {name for name in ("CLOUD_NAME", "API_KEY", "API_SECRET") if f"CLOUDINARY_{name}" in said} == {
        *("CLOUD_NAME", "API_KEY", "API_SECRET"),
    }
    assert "Traceback" not in said
    assert "4711" not in said


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"DEBUG=1\nSECRET_KEY 4711\n", "Line 2 of .env is not NAME=value."),
        (b"\xff\xfe", ".env is no readable text in UTF-8"),
        (b"DEBUG=1\nSECRET_KEY\n", "Line 2 of .env is not NAME=value."),
    ],
)
def test_a_broken_env_file_stops_the_start(tmp_path: Path, written: bytes, words: str) -> None:
    project = copy_to(tmp_path)
    (project / ".env").write_bytes(written)

    done = run(project, "manage.py", "check", **PRODUCTION)

    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert words in said
    assert "Traceback" not in said
    assert "4711" not in said


@pytest.mark.parametrize("package", ["environs", "orjson", "unfold"])
def test_a_package_that_is_not_installed_is_named_with_what_to_do(tmp_path: Path, package: str) -> None:
    project = copy_to(tmp_path)
    (project / package).mkdir()
    (project / package / "__init__.py").write_text(f"raise ModuleNotFoundError(\"No module named '{package}'\", name='{package}')")

    done = run(project, "manage.py", "check", **PRODUCTION)

    assert done.returncode == 1
    assert done.stderr.startswith(f"The Python package '{package}' is not installed. Run: ")
    assert "pip install -r requirements.txt" in done.stderr


def test_a_mistake_of_the_shops_own_is_shown_whole(tmp_path: Path) -> None:
    project = copy_to(tmp_path)
    (project / "orders" / "apps.py").write_text("import orders.nothing")

    done = run(project, "manage.py", "check", **PRODUCTION)

    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_nothing_at_all_is_not_enough(project: Path) -> None:
    done = run(project, "manage.py", "check")

    assert done.returncode == 1
    assert "SECRET_KEY" in done.stderr


def test_production_is_safe_without_being_asked(project: Path) -> None:
    needed = {name: value for name, value in PRODUCTION.items() if name != "DEBUG"}

    assert told(project, ASK, **needed, CORS_ALLOWED_ORIGINS="https://app.example") == {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 3600,
        "AUTH_COOKIE_SECURE": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_NAME": "admin_sessionid",
        "SESSION_COOKIE_PATH": "/admin/",
        "CORS_ALLOWED_ORIGINS": ["https://shop.example", "https://app.example"],
        "CSRF_TRUSTED_ORIGINS": ["https://shop.example"],
        "CORS_ALLOW_CREDENTIALS": True,
        "ALLOWED_HOSTS": ["shop.example"],
        "SHOP_NAME": "Our shop",
    }


def test_a_production_start_passes_its_own_checks(project: Path) -> None:
    whole = {**PRODUCTION, "REDIS_URL": "redis://cache:6379/0", "EMAIL_HOST": "mail.shop.example"}

    done = run(project, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **whole)

    assert done.returncode == 0, done.stderr


def test_what_a_production_lacks_is_told(project: Path) -> None:
    lacking = {**PRODUCTION, "FRONTEND_URL": "http://localhost:5173"}

    done = run(project, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **lacking)

    assert done.returncode == 1
    assert [name for name in ("FRONTEND_URL", "REDIS_URL", "EMAIL_HOST") if f"{name} is " not in done.stderr] == []


def test_the_real_environment_wins_over_the_file(tmp_path: Path) -> None:
    shop = copy_to(tmp_path)
    lines = "".join(f"{name}={value}\n" for name, value in PRODUCTION.items())
    (shop / ".env").write_text(f"{lines}SHOP_NAME=From the file\nHSTS_SECONDS=60\n")

    said = told(shop, ASK, SHOP_NAME="From the environment")

    assert said["SHOP_NAME"] == "From the environment"
    assert said["SECURE_HSTS_SECONDS"] == 60


def test_the_example_starts_the_shop_once_key_and_hosts_are_filled_in(tmp_path: Path) -> None:
    shop = copy_to(tmp_path)
    example = (ROOT / ".env.example").read_text()
    filled = example.replace("\nSECRET_KEY=\n", f"\nSECRET_KEY={PRODUCTION['SECRET_KEY']}\n")
    (shop / ".env").write_text(filled.replace("\nALLOWED_HOSTS=\n", "\nALLOWED_HOSTS=shop.example\n"))

    done = run(shop, "manage.py", "check")

    assert done.returncode == 0, done.stderr
