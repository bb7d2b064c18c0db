"""Parser of the environment variables of images on an S3-compatible store, for `settings.py`."""

import re
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from environs import EnvError

from store.environment import ShopEnv
from store.environment_checks import check_all_or_none

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"[a-z0-9-]{1,40}")
MAX_URL = 400  # characters; an order keeps the URL of an image in 500
DEFAULT_REGION = "us-east-1"  # what servers that know no regions expect in a signature
# Names of images are never reused.
CACHE_CONTROL = "public, max-age=31536000, immutable"  # RFC 8246
PACKAGES = ("boto3", "storages")


def parse_s3(env: ShopEnv, *, debug: bool) -> dict[str, Any]:
    """Return the options of `S3Media` from the variables MEDIA_S3_…, or an empty dictionary if none is set. Raises EnvError."""
    bucket: str = env.str("MEDIA_S3_BUCKET", "")
    endpoint = _parse_url("MEDIA_S3_ENDPOINT", env.str("MEDIA_S3_ENDPOINT", ""), schemes=("https", "http"))
    region: str = env.str("MEDIA_S3_REGION", "")
    access_key: str = env.str("MEDIA_S3_ACCESS_KEY_ID", "")
    secret_key: str = env.str("MEDIA_S3_SECRET_ACCESS_KEY", "")
    style = env.one_of("MEDIA_S3_ADDRESSING_STYLE", ("auto", "virtual", "path"))
    public_url = _parse_url(
        "MEDIA_S3_PUBLIC_URL", env.str("MEDIA_S3_PUBLIC_URL", ""), schemes=("https", "http") if debug else ("https",)
    )
    check_all_or_none(MEDIA_S3_ACCESS_KEY_ID=access_key, MEDIA_S3_SECRET_ACCESS_KEY=secret_key)
    if not bucket:
        if endpoint or region or access_key or public_url:
            raise EnvError("MEDIA_S3_BUCKET is not set, but other variables MEDIA_S3_… are. Set it, or none of them.")
        return {}
    _check_s3(bucket, endpoint, region)
    if style == "auto":  # every store knows URLs with the bucket in the path; AWS wants it in the host, where no dot may be in it
        style = "path" if endpoint or "." in bucket else "virtual"
    protocol, _, base = (public_url or _get_bucket_url(bucket, endpoint, region, style)).partition("//")
    if protocol == "http:" and not debug:
        raise EnvError("MEDIA_S3_PUBLIC_URL must be set, because pages over HTTPS show no images from MEDIA_S3_ENDPOINT over HTTP.")
    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "region_name": region or DEFAULT_REGION,
        "access_key": access_key or None,  # without keys, boto3 looks for those of the platform
        "secret_key": secret_key or None,
        "security_token": None,  # django-storages would send AWS_SESSION_TOKEN with keys that it does not belong to
        "session_profile": None,
        "addressing_style": style,
        "url_protocol": protocol,
        "custom_domain": base,
        "querystring_auth": False,
        "object_parameters": {"CacheControl": CACHE_CONTROL},
    }


def _check_s3(bucket: str, endpoint: str, region: str) -> None:
    if not BUCKET.fullmatch(bucket):
        raise EnvError("MEDIA_S3_BUCKET must be the name of a bucket: 3 to 63 lowercase letters, digits, dots and dashes.")
    if region and not REGION.fullmatch(region):
        raise EnvError("MEDIA_S3_REGION must be a region like eu-central-1.")
    if not endpoint and not region:
        raise EnvError("MEDIA_S3_REGION must name the region of the bucket, or MEDIA_S3_ENDPOINT a store other than Amazon's.")
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        names = ", ".join(missing)
        raise EnvError(f"MEDIA_S3_BUCKET needs packages that are not installed ({names}). Run: pip install -r requirements-s3.txt.")


def _parse_url(name: str, value: str, *, schemes: tuple[str, ...]) -> str:
    """Return a base URL without a trailing slash, or an empty string."""
    url = value.strip().rstrip("/")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_valid = False
    if not is_valid or "@" in parts.netloc or re.search(r"[?#\s\\]", url) or len(url) > MAX_URL:
        raise EnvError(f"{name} must be a URL like {schemes[0]}://host/path, without a query, a user or a password.")
    return url


def _get_bucket_url(bucket: str, endpoint: str, region: str, style: str) -> str:
    """Return the URL under which the store itself delivers the objects of a public bucket."""
    scheme, _, host = (endpoint or f"https://s3.{region}.amazonaws.com").partition("://")
    return f"{scheme}://{host}/{bucket}" if style == "path" else f"{scheme}://{bucket}.{host}"
