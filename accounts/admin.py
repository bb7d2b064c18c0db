"""Users, their sessions and what happened to their accounts, for staff."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import email_addresses, passwords, phones, services
from accounts.api.access import client_info
from accounts.exceptions import EmailInvalid, PhoneInvalid
from accounts.models import AuthEvent, AuthSession, User
from core import markets
from core.admin import ModelAdmin, ReadOnly, TabularInline

PERSONAL = ("email", "phone", "first_name", "last_name")
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class UserForm(forms.ModelForm[User]):
    """A user without a password: that is the user's own business."""

    phone = forms.CharField(max_length=phones.LONGEST, required=False, help_text="with its country code, such as +1 312 805 9851")

    class Meta:
        model = User
        fields = (*PERSONAL, "market", "is_active", "is_seller", *RIGHTS)

    def clean_email(self) -> str | None:
        """Store the address in its normal form."""
        given = self.cleaned_data.get("email")
        try:
            return email_addresses.normalised(given) if given else None
        except EmailInvalid as wrong:
            raise forms.ValidationError(wrong.message) from None

    def clean_phone(self) -> str | None:
        """Store the number in its normal form; none is null, so that two users may have none."""
        given = self.cleaned_data.get("phone")
        try:
            return phones.normalised(given, markets.default().code) if given else None
        except PhoneInvalid as wrong:
            raise forms.ValidationError(wrong.message) from None

    def clean(self) -> dict[str, Any]:
        """A user is known by an address or a number."""
        given = super().clean() or self.cleaned_data
        if self.instance.pk is None and not given.get("email") and not given.get("phone"):
            raise forms.ValidationError("Give an e-mail address or a phone number")
        return given


class SessionInline(ReadOnly, TabularInline[AuthSession, User]):
    """Where the user is signed in, or was."""

    model = AuthSession
    fields = ("method", "created_at", "last_seen_at", "expires_at", "revoked_at", "revoke_reason", "ip", "user_agent")
    ordering = ("-created_at",)
    extra = 0


@admin.register(User)
class UserAdmin(ModelAdmin[User]):
    """Customers, sellers and staff. What is personal is the user's to change; staff fill it in for a new one only."""

    form = UserForm
    list_display = ("__str__", "first_name", "last_name", "phone", "is_active", "is_seller", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_seller", "market")
    search_fields = ("email", "phone", "first_name", "last_name")
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
    actions = ("ban", "unban", "sign_out", "send_reset_mail")
    fieldsets = (
        (None, {"fields": (*PERSONAL, "market")}),
        ("Rights", {"fields": ("is_active", "is_seller", *RIGHTS)}),
        ("Dates", {"fields": readonly_fields}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser hands out rights; nobody rewrites who somebody is."""
        rights = () if getattr(request.user, "is_superuser", False) else RIGHTS
        personal = () if obj is None else PERSONAL
        return (*self.readonly_fields, *personal, *rights)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only a superuser changes one."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or bool(getattr(request.user, "is_superuser", False)))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save; a new user has no password until he sets one, and one who is switched off is signed out."""
        services.save_by_staff(obj, form.changed_data, client_info(request), request.user.pk)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders and logs name users: switch one off instead."""
        return False

    @admin.action(description="Ban: switch off and sign out everywhere", permissions=["change"])
    def ban(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Switch accounts off, the own one excepted."""
        users = self._within_reach(request, chosen)
        banned = sum(services.ban(user, client_info(request), request.user.pk) for user in users if user.pk != request.user.pk)
        self.message_user(request, f"{banned} account(s) banned.", messages.SUCCESS)

    @admin.action(description="Lift the ban", permissions=["change"])
    def unban(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Switch accounts on again; their users sign in anew."""
        lifted = sum(services.unban(user, client_info(request), request.user.pk) for user in self._within_reach(request, chosen))
        self.message_user(request, f"{lifted} account(s) switched on again.", messages.SUCCESS)

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """End every session of the accounts."""
        users = self._within_reach(request, chosen)
        ended = sum(services.sign_out_by_staff(user, client_info(request), request.user.pk) for user in users)
        self.message_user(request, f"{ended} session(s) ended.", messages.SUCCESS)

    @admin.action(description="Send a mail to set a new password", permissions=["change"])
    def send_reset_mail(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Owe each account a mail with a link; staff never know a password."""
        users = [user for user in self._within_reach(request, chosen) if user.email and user.is_active]
        for user in users:
            passwords.send_reset_by_staff(user, client_info(request), request.user.pk)
        self.message_user(request, f"{len(users)} mail(s) are on their way.", messages.SUCCESS)

    def _within_reach(self, request: HttpRequest, chosen: QuerySet[User]) -> list[User]:
        """Return those whom this member of staff may change."""
        return [user for user in chosen if self.has_change_permission(request, user)]


@admin.register(AuthSession)
class AuthSessionAdmin(ReadOnly, ModelAdmin[AuthSession]):
    """Where users are signed in, or were."""

    list_display = ("user", "method", "created_at", "last_seen_at", "expires_at", "revoked_at", "revoke_reason", "ip", "user_agent")
    list_filter = ("method", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("user__email", "user__phone", "ip")
    fields = list_display
    ordering = ("-created_at",)


@admin.register(AuthEvent)
class AuthEventAdmin(ReadOnly, ModelAdmin[AuthEvent]):
    """What happened to accounts, and what was tried."""

    list_display = ("created_at", "event", "user", "ip", "user_agent", "detail")
    list_filter = ("event",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__phone", "ip")
    date_hierarchy = "created_at"
    fields = ("created_at", "event", "user", "sid", "ip", "user_agent", "detail")
    ordering = ("-id",)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, ModelAdmin[Group]):
    """What groups of staff may do."""
