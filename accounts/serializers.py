"""What goes in and out of the account routes."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from store.core.fields import CartTokenField
from store.core.markets import UnknownMarket, named


class SignInMode(serializers.Serializer[Any]):
    """How the tokens come back."""

    mode = serializers.ChoiceField(["cookie", "token"], default="cookie", help_text="HttpOnly cookies, or tokens in the body")


class RegisterInput(SignInMode):
    """A new account."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(trim_whitespace=False, max_length=1000)
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    cart_token = CartTokenField()


class LoginInput(SignInMode):
    """An address and its password."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(trim_whitespace=False, max_length=1000)
    cart_token = CartTokenField()


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


class UserSerializer(serializers.ModelSerializer[User]):
    """A user, as he sees himself."""

    email_verified = serializers.SerializerMethodField()
    phone_verified = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            *("id", "email", "phone", "first_name", "last_name", "is_active", "is_staff"),
            *("email_verified", "phone_verified", "market", "date_joined"),
        ]
        read_only_fields = fields

    def get_email_verified(self, user: User) -> bool:
        return user.email_verified_at is not None

    def get_phone_verified(self, user: User) -> bool:
        return user.phone_verified_at is not None


class CartMergeShape(serializers.Serializer[Any]):
    """What became of the guest cart at sign-in."""

    merged = serializers.IntegerField(help_text="lines that were taken over")
    capped = serializers.ListField(child=serializers.DictField(), help_text="lines that were taken over in part, and why")
    skipped = serializers.ListField(child=serializers.DictField(), help_text="lines that were left out, and why")


class TokensShape(serializers.Serializer[Any]):
    """Fresh tokens; there only in token mode."""

    access_token = serializers.CharField(required=False)
    refresh_token = serializers.CharField(required=False)
    token_type = serializers.CharField(required=False)
    expires_in = serializers.IntegerField(required=False, help_text="seconds")


class SignedInShape(TokensShape):
    """Who is signed in now, and what was merged."""

    user = UserSerializer()
    cart_merge = CartMergeShape(required=False)
