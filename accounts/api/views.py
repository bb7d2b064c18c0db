"""`/api/auth/`: sign up, sign in, refresh, sign out, and the caller's own profile."""

from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts import erasure, google_accounts, phone_codes, phones, services, sessions
from accounts.api import access
from accounts.api.credential_views import OPEN, CredentialsViewSet
from accounts.api.inputs import (
    GoogleInput,
    LoginInput,
    LogoutInput,
    ProfileInput,
    ProofInput,
    RefreshInput,
    RegisterInput,
    SendCodeInput,
    VerifyCodeInput,
)
from accounts.api.responses import AccessTokenResponse, CodeSentResponse, SignedInResponse, TokensResponse, UserSerializer
from accounts.gateways import google
from accounts.models import AuthSession
from core import rate_limits
from core.exceptions import NotSignedIn
from core.http.client_ip import client_ip
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.parsers import body_of


class AuthViewSet(CredentialsViewSet):
    """Accounts and sessions."""

    permission_classes = [IsAuthenticated]
    serializer_class = UserSerializer
    acts_on_cookies = False  # read by the origin rule

    @api_schema(SignedInResponse, request=RegisterInput, statuses=(201,))
    @action(detail=False, methods=["post"], **OPEN)
    def register(self, request: Request) -> Reply:
        """Make an account and sign in; the guest cart comes along."""
        given = RegisterInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        user = services.register(
            fields["email"],
            fields["password"],
            access.client_info(request._request),
            first_name=fields.get("first_name", ""),
            last_name=fields.get("last_name", ""),
        )
        reply = Reply({"user": UserSerializer(user).data}, "Account created", status=201)
        return access.sign_in(request, user, reply, method=AuthSession.Method.REGISTER, mode=fields["mode"])

    @api_schema(SignedInResponse, request=LoginInput)
    @action(detail=False, methods=["post"], **OPEN)
    def login(self, request: Request) -> Reply:
        """Sign in by e-mail address and password; the guest cart is merged."""
        given = LoginInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        user = services.sign_in(fields["email"], fields["password"], access.client_info(request._request))
        reply = Reply({"user": UserSerializer(user).data}, "Signed in")
        return access.sign_in(request, user, reply, method=AuthSession.Method.PASSWORD, mode=fields["mode"])

    @api_schema(SignedInResponse, request=GoogleInput, statuses=(200, 201))
    @action(detail=False, methods=["post"], **OPEN)
    def google(self, request: Request) -> Reply:
        """Sign in with the ID token that Google gave to the page; a new account is made where there is none."""
        rate_limits.count("google", rate_limits.caller_key(client_ip(request._request)))
        given = GoogleInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        identity = google.identity_of(fields["credential"], fields.get("nonce"))
        user, is_new = google_accounts.sign_in(identity, access.client_info(request._request))
        message, status = ("Account created", 201) if is_new else ("Signed in", 200)
        reply = Reply({"user": UserSerializer(user).data}, message, status=status)
        return access.sign_in(request, user, reply, method=AuthSession.Method.GOOGLE, mode=fields["mode"])

    @api_schema(CodeSentResponse, request=SendCodeInput, statuses=(202,))
    @action(detail=False, methods=["post"], url_path="send-code", **OPEN)
    def send_code(self, request: Request) -> Reply:
        """Send a code by text message; the answer is the same whether the number has an account or not."""
        given = SendCodeInput(data=request.data)
        given.is_valid(raise_exception=True)
        place = access.client_info(request._request)
        phone_codes.send(phones.normalised(given.validated_data["phone"], place.market), place)
        return Reply({"expires_in": phone_codes.LIFETIME.seconds, "resend_in": 60}, "Code sent", status=202)

    @api_schema(SignedInResponse, request=VerifyCodeInput, extra=AccessTokenResponse)
    @action(detail=False, methods=["post"], url_path="verify-code", **OPEN)
    def verify_code(self, request: Request) -> Reply:
        """Sign in with a code; a new account is made where the number has none."""
        given = VerifyCodeInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        place = access.client_info(request._request)
        user = phone_codes.sign_in(phones.normalised(fields["phone"], place.market), fields["verification_code"], place)
        reply = Reply({"user": UserSerializer(user).data}, "Signed in")
        reply = access.sign_in(request, user, reply, method=AuthSession.Method.PHONE, mode=fields["mode"])
        reply.extra = {"access_token": reply.data.get("access_token")}
        return reply

    @api_schema(TokensResponse, request=RefreshInput)
    @action(detail=False, methods=["post"], **OPEN)
    def refresh(self, request: Request) -> Reply:
        """Get a new pair of tokens, the way the old refresh token came: by cookie or in the body."""
        text, mode = access.refresh_token_of(request)
        place = access.client_info(request._request)
        try:
            pair = sessions.refresh(access.refresh_claims(text, place), place)
        except NotSignedIn as refusal:
            refusal.clears_cookies = access.PAIR if mode == "cookie" else ()
            raise
        return access.put_tokens(Reply({}, "Refreshed"), pair, mode)

    @api_schema(None, request=LogoutInput)
    @action(detail=False, methods=["post"], **OPEN)
    def logout(self, request: Request) -> Reply:
        """End the sessions whose tokens the call carries, or all of the account's; always succeeds."""
        everywhere = str(body_of(request).get("all")).lower() in ("true", "1")
        for claims in access.claims_to_end(request):
            services.sign_out(claims, access.client_info(request._request), everywhere=everywhere)
        return access.forget(Reply(None, "Signed out"))

    @api_schema(UserSerializer)
    @action(detail=False, methods=["get"])
    def me(self, request: Request) -> Reply:
        """Get the caller's profile."""
        return Reply(UserSerializer(access.user_of(request)).data)

    @api_schema(UserSerializer, request=ProfileInput)
    @me.mapping.patch
    def change_me(self, request: Request) -> Reply:
        """Change names or market; every other field is ignored."""
        given = ProfileInput(data=request.data)
        given.is_valid(raise_exception=True)
        user = services.change_profile(access.user_of(request), access.claims_of(request).sid, **given.validated_data)
        return Reply(UserSerializer(user).data, "Profile saved")

    @api_schema(None, request=ProofInput)
    @me.mapping.delete
    def erase_me(self, request: Request) -> Reply:
        """Close the account: sessions, carts and lists are deleted, and orders stay without what is personal."""
        given = ProofInput(data=request.data)
        given.is_valid(raise_exception=True)
        erasure.erase(access.user_of(request), given.proof(), access.client_info(request._request))
        return access.forget(Reply(None, "Your account is closed"))
