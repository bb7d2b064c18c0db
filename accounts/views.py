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
from store.core.markets import market_of
from store.core.openapi import answers

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
        return self._signed_in(request, user, AuthSession.Method.REGISTER, fields["mode"], status=201)

    @answers(SignedInShape, takes=LoginInput)
    @action(detail=False, methods=["post"], **OPEN)
    def login(self, request: Request) -> Reply:
        """Sign in by e-mail address and password; the guest cart is merged."""
        given = LoginInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        user = services.sign_in(fields["email"], fields["password"])
        return self._signed_in(request, user, AuthSession.Method.PASSWORD, fields["mode"], status=200)

    def _signed_in(self, request: Request, user: User, method: str, mode: str, *, status: int) -> Reply:
        data: dict[str, Any] = {"user": UserSerializer(user).data}
        data, dress = access.sign_in(request, user, method=method, mode=mode, data=data)
        return dress(Reply(data, "Signed in" if status == 200 else "Account created", status=status))

    @answers(TokensShape, takes=RefreshInput)
    @action(detail=False, methods=["post"], **OPEN)
    def refresh(self, request: Request) -> Reply:
        """Get a new pair of tokens, the way the old refresh token came: by cookie or in the body."""
        text, mode = access.refresh_token_of(request)
        pair = sessions.refresh(tokens.read(text, tokens.RefreshToken))
        if mode == "token":
            return Reply(access.token_data(pair), "Refreshed")
        reply = Reply({}, "Refreshed")
        access.put_pair(reply, pair)
        return reply

    @answers(None, takes=LogoutInput)
    @action(detail=False, methods=["post"], **OPEN)
    def logout(self, request: Request) -> Reply:
        """End this session, or all of the account's; always succeeds."""
        given = LogoutInput(data=request.data)
        given.is_valid(raise_exception=True)
        claims = access.claims_to_end(request)
        if claims is not None:
            services.sign_out(claims, everywhere=given.validated_data["all"])
        return access.forget(Reply(None, "Signed out"))

    @answers(UserSerializer)
    @action(detail=False, methods=["get"])
    def me(self, request: Request) -> Reply:
        """Get the caller's profile."""
        return Reply(UserSerializer(request.user).data)

    @answers(UserSerializer, takes=ProfileInput)
    @me.mapping.patch
    def change_me(self, request: Request) -> Reply:
        """Change names or market; every other field is ignored."""
        given = ProfileInput(data=request.data)
        given.is_valid(raise_exception=True)
        user = services.change_profile(request.user, **given.validated_data)
        return Reply(UserSerializer(user).data, "Profile saved")
