"""What goes into the account routes."""

from typing import Any

from rest_framework import serializers

from accounts.passwords import Proof
from core.http.fields import CartTokenField
from core.markets import UnknownMarket, named

MODES = ["cookie", "token"]
MODE_HELP = "HttpOnly cookies, or tokens in the body"
MAX_CREDENTIAL = 8 * 1024  # characters


class PasswordField(serializers.CharField):
    """A password, exactly as it was typed."""

    def __init__(self, **given: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=1000, **given)


class TextField(serializers.CharField):
    """A text, and not a number that could be written as one."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class SignInMode(serializers.Serializer[Any]):
    """How the tokens come back."""

    mode = serializers.ChoiceField(MODES, default="cookie", help_text=MODE_HELP)
    cart_token = CartTokenField()


class RegisterInput(SignInMode):
    """A new account."""

    email = serializers.CharField(max_length=254)
    password = PasswordField()
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=100)


class LoginInput(SignInMode):
    """An address and its password."""

    email = serializers.CharField(max_length=254)
    password = PasswordField()


class GoogleInput(SignInMode):
    """The ID token that Google gave to the page; `id_token` and `token` are other names of it."""

    credential = TextField(max_length=MAX_CREDENTIAL)
    nonce = serializers.CharField(required=False, max_length=255)

    def to_internal_value(self, data: Any) -> Any:
        """Take the credential by each of its names."""
        return super().to_internal_value(renamed(data, "credential", "id_token", "token"))


class SendCodeInput(serializers.Serializer[Any]):
    """Where to send a code."""

    phone = serializers.CharField(max_length=64)


class VerifyCodeInput(SignInMode):
    """A number and the code that was sent to it; `code` is another name of `verification_code`."""

    mode = serializers.ChoiceField(MODES, default="token", help_text=MODE_HELP)
    phone = serializers.CharField(max_length=64)
    verification_code = serializers.CharField(max_length=16)

    def to_internal_value(self, data: Any) -> Any:
        """Take the code by each of its names."""
        return super().to_internal_value(renamed(data, "verification_code", "code"))


class RefreshInput(serializers.Serializer[Any]):
    """Where no cookie carries it."""

    refresh_token = serializers.CharField(required=False)


class LogoutInput(serializers.Serializer[Any]):
    """Here, or everywhere."""

    all = serializers.BooleanField(default=False, help_text="end every session of the account")
    refresh_token = serializers.CharField(required=False)


class ProfileInput(serializers.Serializer[Any]):
    """What a user may change of himself."""

    first_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    market = serializers.CharField(required=False, max_length=2)

    def validate_market(self, value: str) -> str:
        """Take the code of a market that exists."""
        try:
            return named(value).code
        except UnknownMarket as wrong:
            raise serializers.ValidationError(wrong.message) from None


class ProofInput(serializers.Serializer[Any]):
    """The password or, for an account without one, a phone code or Google credential of the last five minutes."""

    password = PasswordField(required=False, allow_blank=True)
    verification_code = serializers.CharField(required=False, max_length=16)
    credential = TextField(required=False, max_length=MAX_CREDENTIAL)

    def proof(self) -> Proof:
        """Return what was given."""
        given = self.validated_data
        return Proof(given.get("password", ""), given.get("verification_code", ""), given.get("credential", ""))


class ChangePasswordInput(serializers.Serializer[Any]):
    """The password that is, and the one that shall be."""

    old_password = PasswordField()
    new_password = PasswordField()


class AskResetInput(serializers.Serializer[Any]):
    """Whose password is forgotten."""

    email = serializers.CharField(max_length=254)


class ResetInput(serializers.Serializer[Any]):
    """What the link says, and the new password."""

    uid = serializers.CharField(max_length=64)
    token = serializers.CharField(max_length=200)
    new_password = PasswordField()


class VerifyEmailInput(serializers.Serializer[Any]):
    """What the link says."""

    token = serializers.CharField(max_length=2000)


class ChangeEmailInput(ProofInput):
    """The new address, and who asks."""

    new_email = serializers.CharField(max_length=254)


def renamed(given: Any, name: str, *others: str) -> Any:
    """Return the body with the value under its first name; that one wins where several are there."""
    if not isinstance(given, dict) or name in given:
        return given
    found = next((other for other in others if other in given), None)
    return given if found is None else {**given, name: given[found]}
