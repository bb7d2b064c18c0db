"""CORS for shop fronts on other origins: an origin is allowed if it is listed exactly."""

from urllib.parse import SplitResult

from corsheaders.middleware import CorsMiddleware
from django.conf import settings

from core.http.origin import is_listed_origin


class ExactCorsMiddleware(CorsMiddleware):
    """django-cors-headers, which compares scheme and host only and echoes whatever follows them, with our comparison."""

    def origin_found_in_white_lists(self, origin: str, url: SplitResult) -> bool:
        """Return whether CORS_ALLOWED_ORIGINS holds the origin."""
        return is_listed_origin(origin, settings.CORS_ALLOWED_ORIGINS)
