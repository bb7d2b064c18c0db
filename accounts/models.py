"""Users, their sessions, and the identities and codes that they sign in with."""

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import email_addresses
from accounts.exceptions import EmailInvalid
from accounts.password_spellings import list_spellings, normalize_password


class UserManager(BaseUserManager["User"]):
    """Creates users and finds them by e-mail address, in any spelling."""

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password, the account gets an unusable one. Raises EmailInvalid."""
        user = self.model(email=email_addresses.normalize_email(email) if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user with every permission."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this address. Raises DoesNotExist, also for malformed addresses."""
        try:
            return self.get(email=email_addresses.normalize_email(username or ""))
        except EmailInvalid:
            raise self.model.DoesNotExist from None


class User(AbstractBaseUser, PermissionsMixin):
    """An account, identified by e-mail address, phone number, or both."""

    email = models.EmailField(max_length=254, unique=True, null=True, blank=True)
    phone = models.CharField(max_length=16, unique=True, null=True, blank=True, help_text="E.164, such as +13128059851")
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    market = models.CharField(max_length=2, blank=True)
    is_active = models.BooleanField(default=True, help_text="whether the account can be used; sessions are separate rows")
    is_staff = models.BooleanField(default=False)
    is_seller = models.BooleanField(default=False)
    accepts_marketing = models.BooleanField(default=False, db_default=False, help_text="whether the user agrees to news and offers")
    email_verified_at = models.DateTimeField(null=True, blank=True)
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    signed_out_at = models.DateTimeField(
        null=True, blank=True, help_text="when all sessions were last ended, including those of the admin"
    )
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        permissions = [("export_user", "Can download who accepts marketing")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email__isnull=False) | models.Q(phone__isnull=False), name="user_has_email_or_phone"
            ),
            models.CheckConstraint(
                condition=models.Q(email__isnull=True) | models.Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.email or self.phone or f"user-{self.pk}"

    def set_password(self, raw_password: str | None) -> None:
        """Set the password and its date, without saving the user. The hash is of the normalized password."""
        super().set_password(None if raw_password is None else normalize_password(raw_password))
        self.password_changed_at = timezone.now()

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether the password is correct, in either of its spellings.

        Outdated hashes, and those of a password that was not normalized, are upgraded, unless the password was changed
        concurrently. The number of hashes of a wrong password depends on the password alone.
        """

        def upgrade_hash(raw: str) -> None:
            old_hash, self.password = self.password, make_password(normalize_password(raw))
            if not User.objects.filter(pk=self.pk, password=old_hash).update(password=self.password):
                self.password = old_hash

        if raw_password is None:
            return check_password(None, self.password)
        normalized, *as_typed = list_spellings(raw_password)
        if check_password(normalized, self.password, upgrade_hash):
            return True
        if not any(check_password(spelling, self.password) for spelling in as_typed):
            return False
        upgrade_hash(normalized)
        return True

    def get_session_auth_hash(self) -> str:
        """Return the hash that admin sessions must match: it changes with the password and with signing out everywhere."""
        return self._add_sign_out_time(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the hash for each of SECRET_KEY_FALLBACKS."""
        yield from map(self._add_sign_out_time, super().get_session_auth_fallback_hash())

    def _add_sign_out_time(self, auth_hash: str) -> str:
        return f"{auth_hash}{self.signed_out_at.timestamp()}" if self.signed_out_at else auth_hash

    @property
    def is_privileged(self) -> bool:
        """Whether the account has rights in the admin: such accounts are signed in to by password, or by Google if linked."""
        return self.is_staff or self.is_superuser

    def get_full_name(self) -> str:
        """Return first and last name, or an empty string; the admin greets users with it."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def verified_phone(self) -> str:
        """The phone number (E.164) if it is confirmed, or an empty string."""
        return self.phone if self.phone and self.phone_verified_at else ""

    @property
    def display_name(self) -> str:
        """The public name: the full name, else `user-<id>`; never the e-mail address or phone number."""
        return self.get_full_name() or f"user-{self.pk}"


class Customer(User):
    """An account as the pages of customers show it; its permissions are apart from those of staff accounts."""

    class Meta:
        proxy = True
        default_permissions = ("view", "change", "delete")


class AccountNote(models.Model):
    """What staff wrote about an account, for staff only: a note, or why they banned it. Append-only; deleted with the account."""

    class Kind(models.TextChoices):
        NOTE = "note"
        BAN = "ban", "Banned"
        UNBAN = "unban", "Ban lifted"

    user = models.ForeignKey(User, models.CASCADE, related_name="staff_notes")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NOTE)
    text = models.TextField(blank=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    submission = models.UUIDField(null=True, blank=True, unique=True, help_text="of the form: a second click adds no second note")

    class Meta:
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class AuthSession(models.Model):
    """A signed-in device; its access and refresh tokens are valid only while it is."""

    class Method(models.TextChoices):
        PASSWORD = "password"  # noqa: S105 - a sign-in method
        GOOGLE = "google"
        PHONE = "phone"
        REGISTER = "register"

    class Reason(models.TextChoices):
        LOGOUT = "logout"
        LOGOUT_ALL = "logout_all"
        PASSWORD = "password"  # noqa: S105 - a reason
        ADMIN = "admin"
        REFRESH_REUSE = "refresh_reuse"
        BANNED = "banned"
        LIMIT = "limit"
        IDENTITY_RESET = "identity_reset"
        REPLACED = "replaced"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="auth_sessions")
    method = models.CharField(max_length=10, choices=Method.choices)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(default=timezone.now, help_text="updated when tokens are refreshed")
    refresh_no = models.PositiveIntegerField(default=0)
    rotated_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoke_reason = models.CharField(max_length=15, choices=Reason.choices, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=256, blank=True)
    market = models.CharField(max_length=2, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "revoked_at"], name="auth_session_of_user"),
            models.Index(fields=["expires_at"], name="auth_session_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.pk}"


class SocialAccount(models.Model):
    """An identity at an external provider, linked to an account; `sub` is the provider's id for it, which never changes."""

    class Provider(models.TextChoices):
        GOOGLE = "google", "Google"

    user = models.ForeignKey(User, models.CASCADE, related_name="social_accounts")
    provider = models.CharField(max_length=10, choices=Provider.choices)
    sub = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "sub"], name="social_account_once")]

    def __str__(self) -> str:
        return f"{self.provider} of {self.user_id}"


class PhoneCode(models.Model):
    """A code sent to a phone number; only the latest code of a number is valid. The code itself is not stored."""

    phone = models.CharField(max_length=16, db_index=True)
    salt = models.CharField(max_length=32)
    code_mac = models.CharField(max_length=64, help_text="HMAC-SHA256 of salt, phone and code under OTP_PEPPER")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="by all callers together")
    used_at = models.DateTimeField(null=True, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)

    def __str__(self) -> str:
        return f"code {self.pk}"


class PhoneCodeTry(models.Model):
    """The number of times one caller has tried a code."""

    code = models.ForeignKey(PhoneCode, models.CASCADE, related_name="tries")
    caller = models.CharField(max_length=45)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "caller"], name="phone_code_try_once")]

    def __str__(self) -> str:
        return f"{self.attempts} tries of code {self.code_id}"


class MarketingConsent(models.Model):
    """A consent to marketing, or its withdrawal. Append-only: the shop has to be able to prove a consent (GDPR, Article 7(1))."""

    class Source(models.TextChoices):
        REGISTER = "register", "Sign-up"
        PROFILE = "profile", "Account page"
        STAFF = "staff", "Staff"
        IDENTITY_RESET = "identity_reset", "Account given to the owner of its address"

    user = models.ForeignKey(User, models.CASCADE, related_name="marketing_consents")
    accepts = models.BooleanField()
    source = models.CharField(max_length=15, choices=Source.choices)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", help_text="the member of staff, if any")
    ip = models.GenericIPAddressField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()  # it is part of the user's page
        indexes = [models.Index(fields=["user", "-id"], name="marketing_consent_of_user")]

    def __str__(self) -> str:
        return f"{'accepted' if self.accepts else 'declined'} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class AuthEvent(models.Model):
    """An account event or a failed attempt. Append-only; holds no secrets, and e-mail addresses and numbers only as hashes."""

    class Event(models.TextChoices):
        REGISTER = "register"
        LOGIN = "login_ok"
        LOGIN_FAILED = "login_fail"
        LOGIN_THROTTLED = "login_throttled"
        LOGOUT = "logout"
        LOGOUT_ALL = "logout_all"
        SESSION_ENDED = "session_ended"
        REFRESH_REUSE = "refresh_reuse"
        PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event
        PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105
        PASSWORD_RESET = "password_reset"  # noqa: S105
        PASSWORD_REFUSED = "password_refused"  # noqa: S105
        EMAIL_VERIFIED = "email_verified"
        EMAIL_CHANGE_ASKED = "email_change_asked"
        EMAIL_CHANGED = "email_changed"
        CODE_SENT = "code_sent"
        CODE_FAILED = "code_failed"
        PHONE_CHANGED = "phone_changed"
        GOOGLE_LINKED = "google_linked"
        IDENTITY_RESET = "identity_reset"
        CSRF_REFUSED = "csrf_refused"
        BANNED = "banned"
        UNBANNED = "unbanned"
        ERASED = "erased"

    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="auth_events")
    sid = models.UUIDField(null=True, blank=True)
    event = models.CharField(max_length=20, choices=Event.choices)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=256, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "account event"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="auth_event_of_user"),
            models.Index(fields=["created_at"], name="auth_event_time"),
        ]

    def __str__(self) -> str:
        return self.event
