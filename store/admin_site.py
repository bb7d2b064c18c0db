"""The admin's own site: what Django's leaves open."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from accounts.models import AuthSession
from accounts.sessions import end_all


class ShopAdminSite(AdminSite):
    """Django's site, for staff whose account is a shop account too."""

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Change the password; every session of the account in the API ends with the old one."""
        response = super().password_change(request, extra_context)
        if response.status_code == 302 and request.user.pk is not None:
            end_all(request.user.pk, AuthSession.Reason.PASSWORD)
        return response
