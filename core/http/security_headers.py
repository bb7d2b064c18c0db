"""The security headers of every response (OWASP REST security cheat sheet), with `no-store` as the default."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
PAGES_POLICY = (
    "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


class SecurityHeadersMiddleware:
    """JSON responses may load nothing; the admin and the API reference may load what this host serves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin = f"/{settings.ADMIN_PATH}"
        # Django's own middleware sets these, but does not see requests that are refused before it.
        self.defaults = {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        }
        self.pages_policy = PAGES_POLICY
        if settings.MEDIA_S3.get("url_protocol") == "http:":  # with DEBUG only
            self.pages_policy = PAGES_POLICY.replace(
                "https:", f"https: http://{settings.MEDIA_S3['custom_domain'].partition('/')[0]}"
            )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        for name, value in self.defaults.items():
            headers.setdefault(name, value)
        if response.get("Content-Type", "").startswith("application/json"):
            headers.setdefault("Content-Security-Policy", API_POLICY)
            headers["Referrer-Policy"] = "no-referrer"  # pages keep Django's `same-origin`, which the admin's forms need
            if "Cache-Control" not in headers:
                headers["Cache-Control"] = "no-store"
                headers["Vary"] = ", ".join(filter(None, (headers.get("Vary"), "Cookie, Authorization")))
        else:
            headers.setdefault("Content-Security-Policy", self.pages_policy)
        return response
