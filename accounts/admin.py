"""Admin pages for users, their sessions and account events."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_permission_codename
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts import email_addresses, marketing, passwords, phones, services
from accounts.api.access import get_client_info
from accounts.exceptions import EmailInvalid, PhoneInvalid
from accounts.models import AuthEvent, AuthSession, MarketingConsent, User
from core import csv_export, markets
from core.admin import ForgivingChangeList, ModelAdmin, ReadOnlyAdminMixin, TabularInline, format_time, stream_csv
from core.admin_filters import PeriodFilter

Account = TypeVar("Account", bound=User)
PERSONAL_FIELDS = ("email", "phone", "first_name", "last_name")
MAX_SELECTED = 200  # accounts that one request acts on: each costs some statements
MAX_CONSENTS = 20  # on the page of a user, who may change their mind any number of times
PERMISSION_FIELDS = ("is_staff", "is_superuser", "groups", "user_permissions")


class UserForm(forms.ModelForm[User]):
    """The user form, without a password: only users set their password."""

    phone = forms.CharField(
        max_length=phones.MAX_INPUT_LENGTH, required=False, help_text="With country code, such as +1 312 805 9851."
    )

    class Meta:
        model = User
        fields = (*PERSONAL_FIELDS, "market", "is_active", "is_seller", *PERMISSION_FIELDS)

    def clean_email(self) -> str | None:
        """Normalize the address."""
        email = self.cleaned_data.get("email")
        try:
            return email_addresses.normalize_email(email) if email else None
        except EmailInvalid as error:
            raise forms.ValidationError(error.message) from None

    def clean_phone(self) -> str | None:
        """Normalize the number; store an empty one as null, which the unique constraint allows more than once."""
        phone = self.cleaned_data.get("phone")
        try:
            return phones.normalize_phone(phone, markets.get_default_market().code) if phone else None
        except PhoneInvalid as error:
            raise forms.ValidationError(error.message) from None

    def clean(self) -> dict[str, Any]:
        """Require an e-mail address or a phone number, and an address for staff, who never sign in by text message."""
        data = super().clean() or self.cleaned_data
        email = data.get("email") or self.instance.email
        if self.instance.pk is None and not email and not data.get("phone"):
            raise forms.ValidationError("Enter an e-mail address or a phone number")
        if (data.get("is_staff") or data.get("is_superuser")) and not email:
            raise forms.ValidationError("Staff need an e-mail address: they sign in with it and a password")
        return data


class SessionInline(ReadOnlyAdminMixin, TabularInline[AuthSession, User]):
    """The user's sessions, live and ended."""

    model = AuthSession
    fields = ("method", "created_at", "last_seen_at", "expires_at", "revoked_at", "revoke_reason", "ip", "user_agent")
    ordering = ("-created_at",)
    extra = 0


class MarketingAdmin(ModelAdmin[Any]):
    """Consent to marketing on the pages of users. Staff can record a withdrawal, never a consent."""

    @admin.display(description="History of consent")
    def consent_history(self, user: User) -> SafeString | str:
        newest = user.marketing_consents.select_related("by")[: MAX_CONSENTS + 1]
        lines = [_describe_consent(consent) for consent in newest]
        lines[MAX_CONSENTS:] = ["…"] if len(lines) > MAX_CONSENTS else []
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines)) or "–"

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may download contact data for marketing."""
        return request.user.has_perm("accounts.export_user")

    @admin.action(description="Download those who accept marketing as CSV", permissions=["export"])
    def export_recipients(self, request: HttpRequest, queryset: QuerySet[User]) -> StreamingHttpResponse:
        """Download the selected users who accept marketing; the others are left out."""
        rows = ([*row[:-1], _format_time(row.consented_at)] for row in marketing.list_recipients(queryset))
        return stream_csv("marketing.csv", csv_export.generate_file(chain([marketing.Recipient._fields], rows)))

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change accounts, although a page may show them read-only."""
        return request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename('change', self.opts)}")

    @admin.action(description="Record that they no longer accept marketing", permissions=["withdraw"])
    def withdraw_consent(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Withdraw the consent of users who have told the shop so."""
        client, staff_id = get_client_info(request), request.user.pk
        users = list_selected(self, request, queryset)
        if users is None:
            return
        withdrawn = sum(
            marketing.set_consent(user.pk, marketing.Source.STAFF, client, accepts=False, staff_id=staff_id) for user in users
        )
        self.message_user(request, f"{withdrawn} account(s) no longer accept marketing.", messages.SUCCESS)


def list_selected(page: ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Account]) -> list[Account] | None:
    """Return the selected accounts; tell the user and return None if they are too many for one request."""
    users = list(queryset[: MAX_SELECTED + 1])
    if len(users) <= MAX_SELECTED:
        return users
    page.message_user(request, f"Nothing was done: select at most {MAX_SELECTED} accounts.", messages.ERROR)
    return None


def _describe_consent(consent: MarketingConsent) -> str:
    where = ", ".join(filter(None, (consent.get_source_display(), str(consent.by or ""), consent.ip)))
    return f"{format_time(consent.at)}: {'accepts' if consent.accepts else 'does not accept'} ({where})"


def _format_time(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else ""


class AccountActionsAdmin(ModelAdmin[Account]):
    """Actions on the selected accounts of a list, and the search for accounts."""

    actions: Sequence[str] = ("unban", "sign_out", "send_reset_mail")
    search_fields = ("email", "phone", "first_name", "last_name")
    show_full_result_count = False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may act on the accounts of this list, although rows may be read-only."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def can_act_on(self, request: HttpRequest, user: Account) -> bool:
        """Return whether the user may act on an account."""
        return self.has_act_permission(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        """Also find accounts by phone number, however it is written."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        return found | queryset.filter(phone__in=phones.list_searched_numbers(search_term)), may_have_duplicates

    @admin.action(description="Lift the ban", permissions=["act"])
    def unban(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        """Reactivate accounts; their users have to sign in again. Only superusers give staff their rights back."""
        users = self._get_changeable_users(request, queryset)
        if users is None:
            return
        lifted = sum(
            services.unban_user(user, get_client_info(request), request.user.pk)
            for user in users
            if _is_superuser(request) or not user.is_privileged
        )
        self.message_user(request, f"{lifted} account(s) reactivated.", messages.SUCCESS)

    @admin.action(description="Sign out everywhere", permissions=["act"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        """End every session of the accounts."""
        users = self._get_changeable_users(request, queryset)
        if users is None:
            return
        ended = sum(services.end_sessions_by_staff(user, get_client_info(request), request.user.pk) for user in users)
        self.message_user(request, f"{ended} session(s) ended.", messages.SUCCESS)

    @admin.action(description="Send a password reset e-mail", permissions=["act"])
    def send_reset_mail(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        """Enqueue an e-mail with a reset link for each account; staff never learn a password."""
        users = self._get_changeable_users(request, queryset)
        if users is None:
            return
        users = [user for user in users if user.email and user.is_active]
        for user in users:
            passwords.request_reset_by_staff(user, get_client_info(request), request.user.pk)
        self.message_user(request, f"{len(users)} e-mail(s) on their way.", messages.SUCCESS)

    def _get_changeable_users(self, request: HttpRequest, queryset: QuerySet[Account]) -> list[Account] | None:
        """Return the selected users that this member of staff can act on; None if too many are selected."""
        users = list_selected(self, request, queryset)
        return None if users is None else [user for user in users if self.can_act_on(request, user)]


class StaffList(ForgivingChangeList):
    """The list of the accounts with rights in the admin. The pages of other accounts are open too: there they get rights."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Restrict the list to staff."""
        return super().get_queryset(request, exclude_parameters).filter(Q(is_staff=True) | Q(is_superuser=True))


@admin.register(User)
class UserAdmin(AccountActionsAdmin[User]):
    """Staff, and the rights of any account. Only users change their personal data; staff enter it when they add a user."""

    form = UserForm
    list_display = ("__str__", "first_name", "last_name", "phone", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    ordering = ("-date_joined",)
    readonly_fields = (
        "email_verified_at",
        "phone_verified_at",
        "password_changed_at",
        "signed_out_at",
        "date_joined",
        "last_login",
    )
    filter_horizontal = ("groups", "user_permissions")
    inlines = (SessionInline,)
    actions = ("ban", *AccountActionsAdmin.actions)
    fieldsets = (
        (None, {"fields": (*PERSONAL_FIELDS, "market")}),
        ("Rights", {"fields": ("groups", "is_active", "is_staff", "is_superuser", "is_seller")}),
        ("Single permissions, in addition to those of the groups", {"classes": ["collapse"], "fields": ("user_permissions",)}),
        ("Dates", {"fields": readonly_fields}),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return StaffList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list of staff."""
        return super().changelist_view(request, {"title": "Staff", **(extra_context or {})})

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only superusers grant permissions; personal data of existing users is read-only.

        Staff cannot grant rights that they lack: sellers may add products, so only staff who may do so make sellers, and a banned
        member of staff has their rights back when the ban is lifted. Nor can they change their own account.
        """
        personal = () if obj is None else PERSONAL_FIELDS
        if _is_superuser(request):
            return (*self.readonly_fields, *personal)
        seller = () if request.user.has_perm("products.add_product") else ("is_seller",)
        own = ("is_active", "is_seller") if obj is not None and obj.pk == request.user.pk else ()
        banned = ("is_active",) if obj is not None and obj.is_privileged and not obj.is_active else ()
        return (*self.readonly_fields, *personal, *PERMISSION_FIELDS, *seller, *own, *banned)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers can change a superuser."""
        is_allowed = super().has_change_permission(request, obj)
        return is_allowed and (obj is None or not obj.is_superuser or _is_superuser(request))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the user. New users have no password until they set one; deactivated users are signed out."""
        services.save_user_by_staff(obj, form.changed_data, get_client_info(request), request.user.pk)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders and logs refer to users: deactivate them instead."""
        return False

    def can_act_on(self, request: HttpRequest, user: User) -> bool:
        """Return whether the user may act on an account: only superusers act on superusers."""
        return self.has_change_permission(request, user)

    @admin.action(description="Deactivate and sign out everywhere", permissions=["act"])
    def ban(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Deactivate accounts, except the caller's own."""
        users = self._get_changeable_users(request, queryset)
        if users is None:
            return
        banned = sum(
            services.ban_user(user, get_client_info(request), request.user.pk) for user in users if user.pk != request.user.pk
        )
        self.message_user(request, f"{banned} account(s) deactivated.", messages.SUCCESS)


@admin.register(AuthSession)
class AuthSessionAdmin(ReadOnlyAdminMixin, ModelAdmin[AuthSession]):
    """Sessions, live and ended."""

    list_display = ("user", "method", "created_at", "last_seen_at", "expires_at", "revoked_at", "revoke_reason", "ip", "user_agent")
    list_filter = ("method", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("user__email", "user__phone", "ip")
    fields = list_display
    ordering = ("-created_at",)


@admin.register(AuthEvent)
class AuthEventAdmin(ReadOnlyAdminMixin, ModelAdmin[AuthEvent]):
    """Account events and failed attempts."""

    list_display = ("created_at", "event", "user", "ip", "user_agent", "detail")
    list_filter = (("created_at", PeriodFilter), "event")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__phone", "ip")
    fields = ("created_at", "event", "user", "sid", "ip", "user_agent", "detail")
    ordering = ("-id",)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin[Group]):
    """Staff groups and their permissions. Only superusers change them: members could give themselves every permission."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only superusers add groups."""
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Only superusers change groups."""
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Only superusers delete groups."""
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Staff with a permission for groups see them."""
        return _is_superuser(request) or any(request.user.has_perm(f"auth.{right}_group") for right in ("view", "change"))


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and bool(getattr(request.user, "is_superuser", False))
