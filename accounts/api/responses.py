"""What comes out of the account routes."""

from typing import Any

from rest_framework import serializers

from accounts.models import AuthSession, User


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


class CartMergeResponse(serializers.Serializer[Any]):
    """What became of the guest cart at sign-in."""

    merged = serializers.IntegerField(help_text="lines that were taken over")
    capped = serializers.ListField(child=serializers.DictField(), help_text="lines that were taken over in part, and why")
    skipped = serializers.ListField(child=serializers.DictField(), help_text="lines that were left out, and why")


class TokensResponse(serializers.Serializer[Any]):
    """Fresh tokens; there only in token mode."""

    access_token = serializers.CharField(required=False)
    refresh_token = serializers.CharField(required=False)
    token_type = serializers.CharField(required=False)
    expires_in = serializers.IntegerField(required=False, help_text="seconds")


class SignedInResponse(TokensResponse):
    """Who is signed in now, and what was merged."""

    user = UserSerializer()
    cart_merge = CartMergeResponse(required=False)


class CodeSentResponse(serializers.Serializer[Any]):
    """How long a code holds, and when the next may be asked for."""

    expires_in = serializers.IntegerField(help_text="seconds")
    resend_in = serializers.IntegerField(help_text="seconds")


class AccessTokenResponse(serializers.Serializer[Any]):
    """The access token at the top of the body, for clients that look for it there; null in cookie mode."""

    access_token = serializers.CharField(allow_null=True)


class SessionSerializer(serializers.ModelSerializer[AuthSession]):
    """A place where the caller is signed in."""

    is_current = serializers.SerializerMethodField()

    class Meta:
        model = AuthSession
        fields = ["id", "method", "created_at", "last_seen_at", "expires_at", "ip", "user_agent", "market", "is_current"]
        read_only_fields = fields

    def get_is_current(self, session: AuthSession) -> bool:
        return bool(session.pk == self.context.get("sid"))
