"""Users and their sessions, for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts import emails, services
from accounts.models import AuthSession, User
from store.core.admin import ReadOnly


class UserForm(forms.ModelForm[User]):
    """A user without a password: that is the user's own business."""

    class Meta:
        model = User
        fields = (
            *("email", "phone", "first_name", "last_name", "market", "is_active", "is_seller"),
            *("is_staff", "is_superuser", "groups", "user_permissions"),
        )

    def clean_email(self) -> str | None:
        """Store the address in its normal form."""
        given = self.cleaned_data.get("email")
        try:
            return emails.normalised(given) if given else None
        except emails.EmailInvalid as wrong:
            raise forms.ValidationError(wrong.message) from None

    def clean_phone(self) -> str | None:
        """No number is null, so that two users may have none."""
        return self.cleaned_data.get("phone") or None

    def clean(self) -> dict[str, Any]:
        """A user is known by an address or a number."""
        given = super().clean() or self.cleaned_data
        if not given.get("email") and not given.get("phone"):
            raise forms.ValidationError("Give an e-mail address or a phone number")
        return given


class SessionInline(ReadOnly, admin.TabularInline[AuthSession, User]):
    """Where the user is signed in, or was."""

    model = AuthSession
    fields = (
        "method",
        "created_at",
        "last_seen_at",
        "expires_at",
        "revoked_at",
        "revoke_reason",
        "ip",
        "user_agent",
    )
    ordering = ("-created_at",)
    extra = 0


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    """Customers, sellers and staff."""

    form = UserForm
    list_display = ("__str__", "first_name", "last_name", "phone", "is_active", "is_seller", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_seller", "market")
    search_fields = ("email", "phone", "first_name", "last_name")
    ordering = ("-date_joined",)
    readonly_fields = ("date_joined", "last_login")
    filter_horizontal = ("groups", "user_permissions")
    inlines = (SessionInline,)
    fieldsets = (
        (None, {"fields": ("email", "phone", "first_name", "last_name", "market")}),
        ("Rights", {"fields": ("is_active", "is_seller", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser hands out rights."""
        rights = () if getattr(request.user, "is_superuser", False) else ("is_staff", "is_superuser", "groups", "user_permissions")
        return (*self.readonly_fields, *rights)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only a superuser changes one."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or bool(getattr(request.user, "is_superuser", False)))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save; a new user has no password until he sets one, and one who is switched off is signed out."""
        services.save_by_staff(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders and logs name users: switch one off instead."""
        return False
