"""The admin's own site: Unfold's looks, and what Django's leaves open."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse

from accounts.models import AuthSession, User
from accounts.sessions import end_all
from core import rate_limits
from core.exceptions import TooManyRequests
from core.http.client_ip import client_ip

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
else:
    from unfold.sites import UnfoldAdminSite as AdminSite


class ShopAdminSite(AdminSite):
    """Django's site, for staff whose account is a shop account too."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign in to the admin; only so many tries of one caller reach the password."""
        if request.method == "POST":
            try:
                rate_limits.count("admin_login", rate_limits.caller_key(client_ip(request)))
            except TooManyRequests as refusal:
                words = f"Too many attempts. Try again in {refusal.retry_after} seconds."
                headers = {"Retry-After": str(refusal.retry_after)}
                return HttpResponse(words, status=429, content_type="text/plain; charset=utf-8", headers=headers)
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Change the password; every session of the account in the API ends with the old one."""
        response = super().password_change(request, extra_context)
        if response.status_code == 302 and isinstance(request.user, User):
            end_all(request.user.pk, AuthSession.Reason.PASSWORD)
            request.user.refresh_from_db()
            update_session_auth_hash(request, request.user)  # but for the one in which it was changed
        return response
