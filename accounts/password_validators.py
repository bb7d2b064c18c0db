"""Rules for new passwords, for AUTH_PASSWORD_VALIDATORS: the API, the admin and the commands all ask them.

NIST SP 800-63B: length, a list of common passwords and no composition rules. Each spelling of the password must satisfy
Django's validators: neither `password` in full-width letters, nor one ligature that NFKC expands to eight letters, is good.
"""

from typing import Any

from django.contrib.auth import password_validation as django_validators
from django.core.exceptions import ValidationError

from accounts.password_spellings import list_spellings, normalize_password

MAX_PASSWORD_LENGTH = 128  # characters, after normalization


class _EachSpellingMixin:
    """Applies a validator to each spelling of the password."""

    def validate(self, password: str, user: Any = None) -> None:
        """Check every spelling. Raises ValidationError."""
        for spelling in list_spellings(password):
            super().validate(spelling, user)  # type: ignore[misc]  # a mixin of Django's validators


class MinimumLengthValidator(_EachSpellingMixin, django_validators.MinimumLengthValidator):
    """Django's minimum length."""


class CommonPasswordValidator(_EachSpellingMixin, django_validators.CommonPasswordValidator):
    """Django's list of common passwords."""


class UserAttributeSimilarityValidator(_EachSpellingMixin, django_validators.UserAttributeSimilarityValidator):
    """Django's comparison with the account's own data."""


class MaximumLengthValidator:
    """Limits the work of hashing."""

    def validate(self, password: str, user: Any = None) -> None:
        """Check the length. Raises ValidationError."""
        if len(normalize_password(password)) > MAX_PASSWORD_LENGTH:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """Return the rule, for the admin's password form."""
        return f"Use at most {MAX_PASSWORD_LENGTH} characters"
