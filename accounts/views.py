"""`/api/auth/`: sign up, sign in, refresh, sign out, and the caller's own profile."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts import access, services, sessions, tokens
from accounts.models import AuthSession, User
from accounts.serializers import (
    LoginInput,
    LogoutInput,
    ProfileInput,
    RefreshInput,
    RegisterInput,
    SignedInShape,
    TokensShape,
    UserSerializer,
)
from store.core.envelope import Reply
from store.core.exceptions import NotSignedIn
from store.core.markets import market_of
from store.core.openapi import answers
from store.core.parsers import body_of

# These decide by what is in the body and in their own cookies: an old access token never blocks a sign-in.
OPEN: dict[str, Any] = {"authentication_classes": [], "permission_classes": [AllowAny], "acts_on_cookies": True}


class AuthViewSet(GenericViewSet[User]):
    """Accounts and sessions."""

    permission_classes = [IsAuthenticated]
    serializer_class = UserSerializer
    acts_on_cookies = False  # read by the origin rule

    @answers(SignedInShape, takes=RegisterInput, statuses=(201,))
    @action(detail=False, methods=["post"], **OPEN)
    def register(self, request: Request) -> Reply:
        """Make an account and sign in; the guest cart comes along."""
        given = RegisterInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        user = services.register(
            fields["email"],
            fields["password"],
            first_name=fields.get("first_name", ""),
            last_name=fields.get("last_name", ""),
            market=market_of(request._request).code,
        )
        reply = Reply({"user": UserSerializer(user).data}, "Account created", status=201)
        return access.sign_in(request, user, reply, method=AuthSession.Method.REGISTER, mode=fields["mode"])

    @answers(SignedInShape, takes=LoginInput)
    @action(detail=False, methods=["post"], **OPEN)
    def login(self, request: Request) -> Reply:
        """Sign in by e-mail address and password; the guest cart is merged."""
        given = LoginInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        user = services.sign_in(fields["email"], fields["password"])
        reply = Reply({"user": UserSerializer(user).data}, "Signed in")
        return access.sign_in(request, user, reply, method=AuthSession.Method.PASSWORD, mode=fields["mode"])

    @answers(TokensShape, takes=RefreshInput)
    @action(detail=False, methods=["post"], **OPEN)
    def refresh(self, request: Request) -> Reply:
        """Get a new pair of tokens, the way the old refresh token came: by cookie or in the body."""
        text, mode = access.refresh_token_of(request)
        try:
            pair = sessions.refresh(tokens.read(text, tokens.RefreshToken))
        except NotSignedIn as refusal:
            refusal.over = access.PAIR if mode == "cookie" else ()
            raise
        if mode == "token":
            return Reply(access.token_data(pair), "Refreshed")
        return access.put_pair(Reply({}, "Refreshed"), pair)

    @answers(None, takes=LogoutInput)
    @action(detail=False, methods=["post"], **OPEN)
    def logout(self, request: Request) -> Reply:
        """End this session, or all of the account's; always succeeds."""
        claims = access.claims_to_end(request)
        if claims is not None:
            services.sign_out(claims, everywhere=str(body_of(request).get("all")).lower() in ("true", "1"))
        return access.forget(Reply(None, "Signed out"))

    @answers(UserSerializer)
    @action(detail=False, methods=["get"])
    def me(self, request: Request) -> Reply:
        """Get the caller's profile."""
        return Reply(UserSerializer(access.user_of(request)).data)

    @answers(UserSerializer, takes=ProfileInput)
    @me.mapping.patch
    def change_me(self, request: Request) -> Reply:
        """Change names or market; every other field is ignored."""
        given = ProfileInput(data=request.data)
        given.is_valid(raise_exception=True)
        user = services.change_profile(access.user_of(request), access.claims_of(request).sid, **given.validated_data)
        return Reply(UserSerializer(user).data, "Profile saved")
