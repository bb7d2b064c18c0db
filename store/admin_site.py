"""The admin site: Unfold's theme, rate-limited login, and password changes that end API sessions."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse

from accounts.models import AuthSession, User
from accounts.sessions import end_all_sessions
from core import rate_limits
from core.exceptions import TooManyRequests
from core.http.client_ip import get_client_ip

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
else:
    from unfold.sites import UnfoldAdminSite as AdminSite


class ShopAdminSite(AdminSite):
    """An admin site for staff whose accounts are also shop accounts."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Log in to the admin; attempts are rate-limited by IP address before the password is checked."""
        if request.method == "POST":
            try:
                rate_limits.count_call("admin_login", rate_limits.get_caller_key(get_client_ip(request)))
            except TooManyRequests as error:
                message = f"Too many attempts. Try again in {error.retry_after} seconds."
                headers = {"Retry-After": str(error.retry_after)}
                return HttpResponse(message, status=429, content_type="text/plain; charset=utf-8", headers=headers)
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Change the password and end all API sessions of the account."""
        response = super().password_change(request, extra_context)
        if response.status_code == 302 and isinstance(request.user, User):
            end_all_sessions(request.user.pk, AuthSession.Reason.PASSWORD)
            request.user.refresh_from_db()
            update_session_auth_hash(request, request.user)  # keeps the current admin session alive
        return response
