"""All settings of the shop, read from the environment and from `.env`; the environment takes precedence.

A missing or malformed value prevents the start with a message that names the variable but not its value.
`.env.example` lists the variables, one line each; a test checks that the list is complete.
"""

import os
from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

from store import api_document, env_file, process, theme
from store.environment import (
    ShopEnv,
    parse_admin_path,
    parse_cash_rules,
    parse_email_backend,
    parse_hosts,
    parse_markets,
    parse_page_path,
    parse_secret_key,
    parse_shipping_rates,
    parse_sms_backend,
    parse_stripe_api_base,
    parse_tax_rates,
    parse_throttle_rates,
    parse_time_zone,
)
from store.environment_carriers import parse_carrier_tokens, parse_carriers
from store.environment_checks import (
    check_all_different,
    check_all_or_none,
    check_auth_cookies,
    check_live_shop,
    check_live_stripe_key,
    check_one_media_host,
    check_stripe_keys,
)
from store.environment_database import parse_databases
from store.environment_media import parse_s3
from store.environment_tracing import parse_tracing
from store.environment_urls import parse_cancel_url, parse_header_names, parse_origins, parse_success_url, parse_web_origin

django_stubs_ext.monkeypatch()  # allows Django's generic classes to be subscripted at run time

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "PYTEST_VERSION" in os.environ  # set by pytest before any import

env = ShopEnv()
if not TESTING:
    env_file.check(BASE_DIR / ".env")
    env.read_env(BASE_DIR / ".env", recurse=False, override=False)
    env_file.export(BASE_DIR / ".env", "OTEL_")

try:
    # --- 1. The shop -------------------------------------------------------------------------------------------------
    DEBUG = env.bool("DEBUG", TESTING)
    SHOP_NAME = env.str("SHOP_NAME", "Our shop")
    MARKETS = parse_markets(env.str("MARKETS", "in:INR,us:USD"))
    TIME_ZONE = parse_time_zone(env.str("TIME_ZONE", "UTC"))
    FRONTEND_URL = parse_web_origin("FRONTEND_URL", env.str("FRONTEND_URL", "http://localhost:5173"))

    # --- 2. Secrets --------------------------------------------------------------------------------------------------
    SECRET_KEY = parse_secret_key(env.str("SECRET_KEY", ""), debug=DEBUG, testing=TESTING)
    JWT_SIGNING_KEY = env.derived_secret("JWT_SIGNING_KEY", SECRET_KEY)
    GUEST_KEY_SECRET = env.derived_secret("GUEST_KEY_SECRET", SECRET_KEY)
    ORDER_TOKEN_SECRET = env.derived_secret("ORDER_TOKEN_SECRET", SECRET_KEY)
    OTP_PEPPER = env.derived_secret("OTP_PEPPER", SECRET_KEY)
    # Former values that are still accepted while a secret is being rotated (docs/operations.md).
    SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
    JWT_SIGNING_KEY_FALLBACKS = env.former_secrets("JWT_SIGNING_KEY_FALLBACKS", SECRET_KEY_FALLBACKS)
    GUEST_KEY_SECRET_FALLBACKS = env.former_secrets("GUEST_KEY_SECRET_FALLBACKS", SECRET_KEY_FALLBACKS)
    ORDER_TOKEN_SECRET_FALLBACKS = env.former_secrets("ORDER_TOKEN_SECRET_FALLBACKS", SECRET_KEY_FALLBACKS)
    OTP_PEPPER_FALLBACKS = env.former_secrets("OTP_PEPPER_FALLBACKS", SECRET_KEY_FALLBACKS)
    check_all_different(
        JWT_SIGNING_KEY=JWT_SIGNING_KEY,
        GUEST_KEY_SECRET=GUEST_KEY_SECRET,
        ORDER_TOKEN_SECRET=ORDER_TOKEN_SECRET,
        OTP_PEPPER=OTP_PEPPER,
    )

    # --- 3. Hosts, proxies, origins ----------------------------------------------------------------------------------
    ALLOWED_HOSTS = parse_hosts(env.list("ALLOWED_HOSTS", []), debug=DEBUG)
    TRUSTED_PROXIES = env.count("TRUSTED_PROXIES", 0)
    CORS_ALLOWED_ORIGINS = parse_origins(env, "CORS_ALLOWED_ORIGINS", FRONTEND_URL)
    CORS_ALLOW_HEADERS = parse_header_names(env, "CORS_ALLOWED_HEADERS")
    CSRF_TRUSTED_ORIGINS = parse_origins(env, "CSRF_TRUSTED_ORIGINS", FRONTEND_URL)
    CSRF_REQUIRE_ORIGIN = env.bool("CSRF_REQUIRE_ORIGIN", False)
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", not DEBUG)
    SECURE_HSTS_SECONDS = env.count("HSTS_SECONDS", 0 if DEBUG else 3600)
    ADMIN_PATH = parse_admin_path(env.str("ADMIN_PATH", "admin/"))

    # --- 4. Cookies and tokens ---------------------------------------------------------------------------------------
    AUTH_COOKIE_SECURE = env.bool("AUTH_COOKIE_SECURE", not DEBUG)
    AUTH_COOKIE_SAMESITE = env.one_of("AUTH_COOKIE_SAMESITE", ("Lax", "None"))
    check_auth_cookies(AUTH_COOKIE_SAMESITE, secure=AUTH_COOKIE_SECURE)
    ACCESS_TOKEN_LIFETIME = timedelta(minutes=env.count("ACCESS_TOKEN_MINUTES", 30, maximum=365 * 24 * 60))
    REFRESH_TOKEN_LIFETIME = timedelta(days=env.count("REFRESH_TOKEN_DAYS", 30, maximum=3650))
    SESSION_LIFETIME = timedelta(days=env.count("SESSION_DAYS", 90, maximum=3650))
    REFRESH_GRACE_SECONDS = env.count("REFRESH_GRACE_SECONDS", 30)
    REQUIRE_VERIFIED_EMAIL = env.bool("REQUIRE_VERIFIED_EMAIL", False)
    THROTTLE_ENABLED = env.bool("THROTTLE_ENABLED", True)
    THROTTLE_RATES = parse_throttle_rates(env.str("THROTTLE_RATES", ""))

    # --- 5. Database and cache ---------------------------------------------------------------------------------------
    DATABASES = parse_databases(env, BASE_DIR, is_serving=process.is_serving)
    DATABASE_REPLICA_MAX_LAG = env.count("DATABASE_REPLICA_MAX_LAG", 10)  # seconds
    REDIS_URL = env.str("REDIS_URL", "")

    # --- 6. Media, payments, sign-in with Google ---------------------------------------------------------------------
    CLOUDINARY_CLOUD_NAME = env.str("CLOUDINARY_CLOUD_NAME", "")
    CLOUDINARY_API_KEY = env.str("CLOUDINARY_API_KEY", "")
    CLOUDINARY_API_SECRET = env.str("CLOUDINARY_API_SECRET", "")
    check_all_or_none(
        CLOUDINARY_CLOUD_NAME=CLOUDINARY_CLOUD_NAME,
        CLOUDINARY_API_KEY=CLOUDINARY_API_KEY,
        CLOUDINARY_API_SECRET=CLOUDINARY_API_SECRET,
    )
    MEDIA_S3 = parse_s3(env, debug=DEBUG)
    check_one_media_host(CLOUDINARY_CLOUD_NAME, MEDIA_S3)
    MEDIA_ROOT = Path(env.str("MEDIA_ROOT", "") or BASE_DIR / "media")
    STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", "")
    STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", "")
    STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", "")
    STRIPE_API_BASE = parse_stripe_api_base(env.str("STRIPE_API_BASE", ""), STRIPE_SECRET_KEY)
    STRIPE_ALLOWED_PAYMENT_METHODS = env.list("STRIPE_ALLOWED_PAYMENT_METHODS", ["card"])
    check_live_stripe_key(env.bool("STRIPE_LIVE", False), STRIPE_SECRET_KEY)
    check_stripe_keys(STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY)
    CHECKOUT_SUCCESS_URL = parse_success_url(env.str("CHECKOUT_SUCCESS_URL", ""), FRONTEND_URL)
    CHECKOUT_CANCEL_URL = parse_cancel_url(env.str("CHECKOUT_CANCEL_URL", ""), FRONTEND_URL)
    SHOP_ID = env.str("SHOP_ID", "") or FRONTEND_URL.partition("://")[2]
    MAX_UNPAID_ORDERS = env.count("MAX_UNPAID_ORDERS", 3)
    MAX_UNPAID_ORDERS_PER_NETWORK = env.count("MAX_UNPAID_ORDERS_PER_NETWORK", 5)
    SHIPPING = parse_shipping_rates(env.str("SHIPPING", ""), MARKETS)
    TAX_RATES = parse_tax_rates(env.str("TAX_RATES", ""), MARKETS)
    COD_RULES = parse_cash_rules(env.str("COD_RULES", ""), MARKETS)
    CARRIERS = parse_carriers(env.str("CARRIERS", ""))
    CARRIER_TOKENS = parse_carrier_tokens(env.str("CARRIER_TOKENS", ""), CARRIERS)
    COD_REMITTANCE_DAYS = env.count("COD_REMITTANCE_DAYS", 14, maximum=365)
    ADDRESS_RULES = env.one_of("ADDRESS_RULES", ("country", "lax"))
    GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", "")
    GOOGLE_CERTS_URL = env.str("GOOGLE_CERTS_URL", "https://www.googleapis.com/oauth2/v3/certs")
    GOOGLE_CERTS_FILE = env.str("GOOGLE_CERTS_FILE", "")

    CATALOG_MAX_AGE = env.count("CATALOG_MAX_AGE", 30)
    IMPORT_FROM_LOOPBACK = env.bool("IMPORT_FROM_LOOPBACK", False)

    # --- 7. Mail, text messages, logs --------------------------------------------------------------------------------
    EMAIL_HOST = env.str("EMAIL_HOST", "")
    EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", "")
    EMAIL_BACKEND = parse_email_backend(env.one_of("EMAIL_BACKEND", ("", "console", "file", "smtp")), EMAIL_HOST, EMAIL_FILE_PATH)
    EMAIL_PORT = env.count("EMAIL_PORT", 587)
    EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
    SHOP_EMAIL = env.str("SHOP_EMAIL", "")
    DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "shop@localhost")
    RESET_PAGE = parse_page_path("RESET_PAGE", env.str("RESET_PAGE", "/reset-password"))
    VERIFY_PAGE = parse_page_path("VERIFY_PAGE", env.str("VERIFY_PAGE", "/verify-email"))
    SMS_FILE_PATH = env.str("SMS_FILE_PATH", "")
    SMS_BACKEND = parse_sms_backend(env.str("SMS_BACKEND", ""), SMS_FILE_PATH, debug=DEBUG)
    check_live_shop(STRIPE_SECRET_KEY, FRONTEND_URL, SMS_BACKEND, debug=DEBUG)
    LOG_FORMAT = env.one_of("LOG_FORMAT", ("line", "json"))
    ACCESS_LOG = env.bool("ACCESS_LOG", not DEBUG)
    METRICS_TOKEN = env.str("METRICS_TOKEN", "")
    TRACING = parse_tracing(env)
    LOG_LEVEL = env.one_of("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR"))
except EnvError as error:
    raise ImproperlyConfigured(f"{error} See .env.example.") from None

# --- 8. Apps and middleware ------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "store.apps.StoreConfig",
    "core",
    "accounts",
    "products",
    "pricing",
    "carts",
    "orders",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "store.apps.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "core.http.request_id.RequestIdMiddleware",
    "core.http.access.AccessMiddleware",
    "core.http.cors.ExactCorsMiddleware",
    "core.http.security_headers.SecurityHeadersMiddleware",
    "core.http.content_length.ContentLengthMiddleware",
    "core.http.hosts.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.http.handlers.ErrorsMiddleware",
    "accounts.api.middleware.RecordedOriginMiddleware",
    "core.http.admin_only.AdminSessionMiddleware",
    "core.http.admin_only.AdminCsrfMiddleware",
    "core.http.admin_only.AdminAuthenticationMiddleware",
    "core.http.admin_only.AdminMessageMiddleware",
]
if TRACING:
    MIDDLEWARE.insert(1, "core.http.tracing.TracingMiddleware")
ROOT_URLCONF = "store.urls"
WSGI_APPLICATION = "store.wsgi.application"
DATABASE_ROUTERS = ["core.replica.ReplicaRouter"] if "replica" in DATABASES else []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "store.test_runner.PytestRunner"
APPEND_SLASH = False  # every route works with and without the slash, without a redirect
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
_REDIS = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": REDIS_URL,
    "OPTIONS": {"pool_class": "core.redis_pool.SharedPool", "socket_timeout": 1, "socket_connect_timeout": 1},  # seconds
}
_COUNTERS = {"BACKEND": _MEMORY, "LOCATION": "throttles", "OPTIONS": {"MAX_ENTRIES": 100_000}}
CACHES = {
    "default": _REDIS if REDIS_URL else {"BACKEND": _MEMORY},
    "throttles": _REDIS if REDIS_URL else _COUNTERS,
    "throttles_alone": _COUNTERS,  # while Redis is unavailable
}

# --- 9. The API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.CookieJWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["core.http.renderers.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.http.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.http.renderers.JSONOnlyNegotiation",
    "DEFAULT_SCHEMA_CLASS": "core.http.openapi.auto_schema.EnvelopeSchema",
    "DEFAULT_METADATA_CLASS": "core.http.metadata.NoMetadata",
    "EXCEPTION_HANDLER": "core.http.handlers.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["core.http.throttles.CallThrottle"],
    "NUM_PROXIES": TRUSTED_PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
API_EXAMPLES = BASE_DIR / "store" / "api_examples.json"
SPECTACULAR_SETTINGS = {
    "TITLE": "Shop API",
    "DESCRIPTION": api_document.DESCRIPTION,
    "VERSION": "1.0.0",
    "LICENSE": api_document.LICENSE,
    "CONTACT": api_document.CONTACT,
    "SERVERS": api_document.SERVERS,
    "TAGS": api_document.TAGS,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "SORT_OPERATION_PARAMETERS": False,
    "PREPROCESSING_HOOKS": ["core.http.openapi.hooks.keep_canonical_routes"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "core.http.openapi.hooks.finalize_schema"],
    "ENUM_NAME_OVERRIDES": api_document.ENUM_NAMES,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "list", "filter": True, "tryItOutEnabled": False},
}

# --- 10. Accounts ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
_VALIDATION = "accounts.password_validators"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MaximumLengthValidator"},
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "first_name", "last_name")},
    },
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = rf"^/(?!{ADMIN_PATH}|static/|media/)"
CORS_EXPOSE_HEADERS = ["X-Session-Key", "X-Cart-Token", "X-Request-ID", "Retry-After", "ETag", "Idempotency-Replayed"]

# --- 11. The admin's session: its cookies are limited to the admin's path ----------------------------------------------
SESSION_COOKIE_NAME = "admin_sessionid"
CSRF_COOKIE_NAME = "admin_csrftoken"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"/{ADMIN_PATH}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = AUTH_COOKIE_SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 60 * 60
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the page of a product with 200 variants has about 4,000
LOGIN_REDIRECT_URL = f"/{ADMIN_PATH}"  # after a login on the admin's login page without `next`
CSRF_FAILURE_VIEW = "core.http.handlers.csrf_failure"

# --- 12. The admin's theme -------------------------------------------------------------------------------------------
UNFOLD = theme.get_unfold_settings(FRONTEND_URL)

# --- 13. Transport ---------------------------------------------------------------------------------------------------
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)/?$"]  # probes use plain HTTP from the internal network
# W005, W021: a shop may share its domain with hosts that it does not control, so the operator decides on subdomains and preload.
# W003: a subclass of the CSRF middleware protects the admin; the API uses the origin rule.
# postgres.E005 (Django 6.1) wants the app django.contrib.postgres, whose lookups the shop does not use and which queries
# each new connection for the types of extensions.
SILENCED_SYSTEM_CHECKS = ["security.W003", "security.W005", "security.W021", "postgres.E005"]

# --- 14. Files -------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_URL = "/media/"
CLOUDINARY_ON = bool(CLOUDINARY_CLOUD_NAME)
if CLOUDINARY_ON:  # read by django-cloudinary-storage, which is only imported in this case
    CLOUDINARY_STORAGE = {
        "CLOUD_NAME": CLOUDINARY_CLOUD_NAME,
        "API_KEY": CLOUDINARY_API_KEY,
        "API_SECRET": CLOUDINARY_API_SECRET,
        "PREFIX": "",
    }
_LOCAL_MEDIA = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
_CLOUDINARY_MEDIA = {"BACKEND": "products.media.cloudinary_storage.CloudinaryMedia"}
_S3_MEDIA = {"BACKEND": "products.media.s3_storage.S3Media", "OPTIONS": MEDIA_S3}
STORAGES = {
    "default": _CLOUDINARY_MEDIA if CLOUDINARY_ON else _S3_MEDIA if MEDIA_S3 else _LOCAL_MEDIA,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# --- 15. Language, mail backend, logs --------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = False
FORMAT_MODULE_PATH = "store.formats"
USE_TZ = True
EMAIL_TIMEOUT = 10  # seconds
SHOP_SETTINGS_MAX_AGE = 5  # seconds for which a process keeps what staff have set in the admin (core/shop_settings)
LOG_FILTERS = {"request_id": "core.http.request_id.RequestIdFilter"}
if TRACING:
    LOG_FILTERS["trace_id"] = "core.trace_ids.TraceIdFilter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {name: {"()": path} for name, path in LOG_FILTERS.items()},
    "formatters": {
        "line": {
            "()": "core.redaction.RedactedFormatter",
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        },
        "json": {"()": "core.json_logs.RedactedJsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": list(LOG_FILTERS), "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "stripe": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "requests_hardened": {"level": "ERROR"},
    },
}
