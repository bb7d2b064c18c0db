"""Django's session, CSRF, user and message middleware, on the admin's paths alone: the API needs none and pays for none."""

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.deprecation import MiddlewareMixin


class OnlyAdmin(MiddlewareMixin):
    """Lets every request pass by that is not for the admin."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(f"/{settings.ADMIN_PATH}"):
            return super().__call__(request)
        return self.get_response(request)


class AdminSessionMiddleware(OnlyAdmin, SessionMiddleware):
    """Sessions, for the admin."""


class AdminAuthenticationMiddleware(OnlyAdmin, AuthenticationMiddleware):
    """`request.user` from the session, for the admin: it never opens the API."""


class AdminMessageMiddleware(OnlyAdmin, MessageMiddleware):
    """Messages between two pages, for the admin."""


class AdminCsrfMiddleware(OnlyAdmin, CsrfViewMiddleware):
    """The token in the admin's forms; the API obeys the origin rule instead."""

    def process_view(self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        """Check the token of an admin form."""
        if not request.path_info.startswith(f"/{settings.ADMIN_PATH}"):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)
