"""Request bodies of the account endpoints."""

from typing import Any

from rest_framework import serializers

from accounts import phone_codes
from accounts.passwords import Proof
from core.empty_values import is_empty
from core.http.fields import CartTokenField
from core.http.inputs import Input
from core.markets import UnknownMarket, get_market

MODES = ["cookie", "token"]
MODE_HELP = "HttpOnly cookies, or tokens in the body"
MAX_CREDENTIAL_LENGTH = 8 * 1024  # characters
MAX_CODE_INPUT = 200  # characters of a code with everything that people copy along
CONSENT_HELP = "whether the user agrees to news and offers: true only if they have ticked a box that was empty"
PROOF_FIELDS = ("password", "verification_code", "credential")


class PasswordField(serializers.CharField):
    """A password, exactly as typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=1000, **kwargs)


class StrictCharField(serializers.CharField):
    """A CharField that does not accept numbers."""

    def to_internal_value(self, data: Any) -> str:
        """Return the string. Raises ValidationError for any other type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class CodeField(serializers.CharField):
    """A code from a text message, in any grouping and any digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=16, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the normalized code; the limit of length applies to it. Raises ValidationError for what is not text."""
        text = super().to_internal_value(data)
        if len(text) > MAX_CODE_INPUT:
            self.fail("max_length", max_length=self.max_length)
        return phone_codes.normalize_code(text)


class TokenField(serializers.CharField):
    """A token in a body. Clients send back the empty value that cookie mode gave them, so empty means absent."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True, allow_blank=True)


class SignInMode(Input):
    """How the tokens are returned."""

    mode = serializers.ChoiceField(MODES, default="cookie", help_text=MODE_HELP)
    cart_token = CartTokenField()


class RegisterInput(SignInMode):
    """A new account."""

    email = serializers.CharField(max_length=254)
    password = PasswordField()
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    accepts_marketing = serializers.BooleanField(default=False, help_text=CONSENT_HELP)


class LoginInput(SignInMode):
    """E-mail address and password."""

    email = serializers.CharField(max_length=254)
    password = PasswordField()


class GoogleInput(SignInMode):
    """The ID token that Google issued to the page."""

    aliases = {"id_token": "credential", "token": "credential"}

    credential = StrictCharField(max_length=MAX_CREDENTIAL_LENGTH)
    nonce = serializers.CharField(required=False, max_length=255)


class SendCodeInput(Input):
    """The number to send a code to."""

    phone = serializers.CharField(max_length=64)


class VerifyCodeInput(SignInMode):
    """A number and the code sent to it."""

    aliases = {"code": "verification_code"}

    mode = serializers.ChoiceField(MODES, default="token", help_text=MODE_HELP)
    phone = serializers.CharField(max_length=64)
    verification_code = CodeField()


class RefreshInput(Input):
    """The refresh token, for clients that do not send the cookie."""

    refresh_token = TokenField()


class LogoutInput(Input):
    """Sign out of this session, or of all sessions."""

    all = serializers.BooleanField(default=False, help_text="end every session of the account")
    refresh_token = TokenField()


class ProfileInput(Input):
    """The profile fields that users can change."""

    hints = {
        "email": "Change it with POST /api/auth/email/change/",
        "phone": "Change it with POST /api/auth/phone/change/",
        "password": "Change it with POST /api/auth/password/change/",
    }

    first_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    market = serializers.CharField(required=False, max_length=2)
    accepts_marketing = serializers.BooleanField(required=False, help_text=CONSENT_HELP)

    def validate_market(self, value: str) -> str:
        """Return the code of a configured market."""
        try:
            return get_market(value).code
        except UnknownMarket as error:
            raise serializers.ValidationError(error.message) from None


class ProofInput(Input):
    """The password or, for an account without one, a phone code or Google credential from the last five minutes."""

    password = PasswordField(required=False, allow_blank=True)
    verification_code = CodeField(required=False)
    credential = StrictCharField(required=False, max_length=MAX_CREDENTIAL_LENGTH)

    def to_internal_value(self, data: Any) -> Any:
        """Drop empty proofs beside another one: forms send every field that they have."""
        if isinstance(data, dict) and not all(is_empty(data.get(name)) for name in PROOF_FIELDS):
            data = {name: value for name, value in data.items() if name not in PROOF_FIELDS or not is_empty(value)}
        return super().to_internal_value(data)

    def get_proof(self) -> Proof:
        """Return the validated proof."""
        data = self.validated_data
        return Proof(data.get("password", ""), data.get("verification_code", ""), data.get("credential", ""))


class ChangePasswordInput(Input):
    """The current password and the new one."""

    old_password = PasswordField()
    new_password = PasswordField()


class AskResetInput(Input):
    """The address of the account."""

    email = serializers.CharField(max_length=254)


class ResetInput(Input):
    """The parameters of the reset link, and the new password."""

    uid = serializers.CharField(max_length=64)
    token = serializers.CharField(max_length=200)
    new_password = PasswordField()


class VerifyEmailInput(Input):
    """The token of the verification link."""

    token = serializers.CharField(max_length=2000)


class ChangeEmailInput(ProofInput):
    """The new address, and proof of identity."""

    new_email = serializers.CharField(max_length=254)


class ChangePhoneInput(ProofInput):
    """The new number, the code that `send-code/` has sent to it, and proof of identity."""

    new_phone = serializers.CharField(max_length=64)
    new_phone_code = CodeField()
