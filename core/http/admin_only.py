"""Django's session, CSRF, user and message middleware, limited to the admin's paths; the API does not need them."""

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.deprecation import MiddlewareMixin


class AdminOnlyMixin(MiddlewareMixin):
    """Skips the middleware for requests outside of the admin."""

    prefix = f"/{settings.ADMIN_PATH}"

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(self.prefix):
            return super().__call__(request)
        return self.get_response(request)


class AdminSessionMiddleware(AdminOnlyMixin, SessionMiddleware):
    """Sessions for the admin."""


class AdminAuthenticationMiddleware(AdminOnlyMixin, AuthenticationMiddleware):
    """`request.user` from the session, for the admin only; it never authenticates API requests."""


class AdminMessageMiddleware(AdminOnlyMixin, MessageMiddleware):
    """Flash messages for the admin."""


class AdminCsrfMiddleware(AdminOnlyMixin, CsrfViewMiddleware):
    """CSRF tokens for the admin's forms; the API uses the origin rule instead."""

    def process_view(self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        """Check the token of an admin form."""
        if not request.path_info.startswith(self.prefix):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)
