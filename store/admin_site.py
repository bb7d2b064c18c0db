"""The admin site: Unfold's theme, and sign-in and password changes by the rules of the API."""

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import update_session_auth_hash
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest

from accounts import events, passwords, services
from accounts.api.access import get_client_info
from accounts.exceptions import AccountDisabled, InvalidCredentials
from accounts.models import User
from core import rate_limits
from core.exceptions import TooManyRequests
from core.http.refusal_log import log_refusal
from core.shop_settings.shop import get_profile, get_shop_name

if TYPE_CHECKING:  # Unfold's classes are Django's with other templates and widgets; they have no type hints
    from django.contrib.admin import AdminSite
    from django.contrib.admin.forms import AdminAuthenticationForm as AuthenticationForm
else:
    from unfold.forms import AuthenticationForm
    from unfold.sites import UnfoldAdminSite as AdminSite

logger = logging.getLogger("shop.admin")


def get_site_title(request: HttpRequest) -> str:
    """Return the name of the shop, for the header and the title of every page."""
    return get_shop_name()


def get_site_subheader(request: HttpRequest) -> str:
    """Return the postal address in one line, for the header of every page of staff who have signed in."""
    return ", ".join(line.strip(" ,") for line in get_profile().address_lines if line.strip(" ,"))


class AdminLoginForm(AuthenticationForm):
    """The login form; it signs in by `accounts.services`, which counts and records attempts, and not by a backend."""

    user_cache: User | None

    def clean(self) -> dict[str, Any]:
        """Check address and password. Raises ValidationError, the same one for every reason, and TooManyRequests."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if self.request is not None and email is not None and password:
            client = get_client_info(self.request)
            try:
                self.user_cache = services.authenticate_for_admin(email, password, client)
            except (InvalidCredentials, AccountDisabled):
                logger.warning("sign-in to the admin failed: caller %s", client.ip)
                raise self.get_invalid_login_error() from None
            logger.info("user %s signed in to the admin: caller %s", self.user_cache.pk, client.ip)
        return self.cleaned_data


class LabellingAutocompleteView(AutocompleteJsonView):
    """The rows that an autocomplete field offers, with the texts that their admin gives them."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Fetch the texts of a page of rows at once."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        rows = list(context["object_list"])
        self.labels = self.model_admin.label_choices(rows)  # type: ignore[attr-defined]  # of core.admin.ModelAdmin, which cannot be imported before the site
        return context

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """Return a row as Select2 expects it."""
        result = super().serialize_result(obj, to_field_name)
        return {**result, "text": self.labels.get(obj.pk, result["text"])}


class ShopAdminSite(AdminSite):
    """An admin site for staff whose accounts are also shop accounts."""

    login_form = AdminLoginForm
    empty_value_display = "–"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap a view of the admin; refuse a NUL in the URL, which PostgreSQL cannot compare with anything."""

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if "\0" in unquote(request.get_full_path()):
                return HttpResponseBadRequest("The address contains a NUL character.", content_type="text/plain")
            return view(request, *args, **kwargs)

        return super().admin_view(inner, cacheable)

    def autocomplete_view(self, request: HttpRequest) -> Any:
        """Return the rows that an autocomplete field offers."""
        return LabellingAutocompleteView.as_view(admin_site=self)(request)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Return the results of Unfold's search field, or 404 for a page that does not exist."""
        try:
            return super().search(request, extra_context)  # type: ignore[misc]  # Unfold's
        except InvalidPage:
            raise Http404 from None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Log in to the admin; attempts are counted before the password is checked."""
        try:
            return super().login(request, extra_context)
        except TooManyRequests as error:
            return _refuse_throttled(request, error)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Change the password and end all API sessions of the account; attempts are counted, as at the API."""
        user = request.user
        if request.method != "POST" or not isinstance(user, User):
            return super().password_change(request, extra_context)
        try:
            rate_limits.count_call("password_change", user.pk)
        except TooManyRequests as error:
            return _refuse_throttled(request, error)
        response: Any = super().password_change(request, extra_context)
        if response.status_code == 302:
            passwords.finish_admin_change(user, get_client_info(request))
            user.refresh_from_db()
            update_session_auth_hash(request, user)  # keeps the current admin session alive
        elif "old_password" in response.context_data["form"].errors:
            events.record_event(events.Event.PASSWORD_REFUSED, get_client_info(request), user_id=user.pk)
        return response


def _refuse_throttled(request: HttpRequest, error: TooManyRequests) -> HttpResponse:
    log_refusal(request, 429, error.scope)
    message = f"Too many attempts. Try again in {error.retry_after} seconds."
    headers = {"Retry-After": str(error.retry_after)}
    return HttpResponse(message, status=429, content_type="text/plain; charset=utf-8", headers=headers)
