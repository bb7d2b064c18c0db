"""Response bodies of the account endpoints."""

from typing import Any

from rest_framework import serializers

from accounts import phone_codes
from accounts.models import AuthSession, MarketingConsent, User


class UserSerializer(serializers.ModelSerializer[User]):
    """A user's own profile; `has_password` tells by what the user confirms their identity."""

    has_password = serializers.SerializerMethodField()
    email_verified = serializers.SerializerMethodField()
    phone_verified = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            *("id", "email", "phone", "first_name", "last_name", "is_active", "is_staff"),
            *("has_password", "email_verified", "phone_verified", "market", "accepts_marketing", "date_joined"),
        ]
        read_only_fields = fields

    def get_has_password(self, user: User) -> bool:
        return user.has_usable_password()

    def get_email_verified(self, user: User) -> bool:
        return user.email_verified_at is not None

    def get_phone_verified(self, user: User) -> bool:
        return user.phone_verified_at is not None


class MarketingConsentSerializer(serializers.ModelSerializer[MarketingConsent]):
    """A consent to marketing, or its withdrawal."""

    class Meta:
        model = MarketingConsent
        fields = ["accepts", "source", "at"]
        read_only_fields = fields


# Sign-in answers with the merged cart. It is described here because `accounts` must not import `carts`, whose receiver adds it.
CAP_REASONS = ["quantity_limit", "out_of_stock"]
SKIP_REASONS = ["unavailable", "own_product", "cart_full"]


class CappedLineResponse(serializers.Serializer[Any]):
    """A line whose quantity was reduced."""

    product_id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    name = serializers.CharField()
    wanted = serializers.IntegerField(help_text="the sum of both carts")
    quantity = serializers.IntegerField()
    reason = serializers.ChoiceField(CAP_REASONS)


class SkippedLineResponse(serializers.Serializer[Any]):
    """A line that was not merged."""

    product_id = serializers.IntegerField()
    sku_id = serializers.IntegerField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    reason = serializers.ChoiceField(SKIP_REASONS)


class CartMergeResponse(serializers.Serializer[Any]):
    """The result of merging the guest cart at sign-in."""

    merged = serializers.IntegerField(help_text="number of merged lines")
    capped = CappedLineResponse(many=True)
    skipped = SkippedLineResponse(many=True)


class TokensResponse(serializers.Serializer[Any]):
    """New tokens; only present in token mode."""

    access_token = serializers.CharField(required=False)
    refresh_token = serializers.CharField(required=False)
    token_type = serializers.CharField(required=False)
    expires_in = serializers.IntegerField(required=False, help_text="seconds")


class SignedInResponse(TokensResponse):
    """The signed-in user, the tokens, and the result of the cart merge."""

    user = UserSerializer()
    cart_merge = CartMergeResponse(required=False)


CODE_SENT = {"expires_in": phone_codes.CODE_LIFETIME.seconds, "resend_in": 60}


class CodeSentResponse(serializers.Serializer[Any]):
    """How long the code is valid, and when another one can be requested."""

    expires_in = serializers.IntegerField(help_text="seconds")
    resend_in = serializers.IntegerField(help_text="seconds")


class AccessTokenResponse(serializers.Serializer[Any]):
    """The access token at the top level, for clients that expect it there; null in cookie mode."""

    access_token = serializers.CharField(allow_null=True)


class SessionSerializer(serializers.ModelSerializer[AuthSession]):
    """A session of the caller."""

    is_current = serializers.SerializerMethodField()

    class Meta:
        model = AuthSession
        fields = ["id", "method", "created_at", "last_seen_at", "expires_at", "ip", "user_agent", "market", "is_current"]
        read_only_fields = fields

    def get_is_current(self, session: AuthSession) -> bool:
        return bool(session.pk == self.context.get("sid"))
