"""`/api/auth/`: sign up, sign in, refresh, sign out, and the caller's own profile."""

from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts import erasure, google_accounts, phone_codes, phones, services, sessions
from accounts.api import access
from accounts.api.credential_views import OPEN_ACTION
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
from accounts.api.responses import (
    CODE_SENT,
    AccessTokenResponse,
    CodeSentResponse,
    SignedInResponse,
    TokensResponse,
    UserSerializer,
)
from accounts.exceptions import (
    AccountDisabled,
    CodeInvalid,
    EmailInvalid,
    EmailNotVerified,
    EmailTaken,
    GoogleNotConfigured,
    GoogleTokenInvalid,
    GoogleUnavailable,
    InvalidCredentials,
    PhoneInvalid,
    ProofNeeded,
    RefreshReused,
    SessionRevoked,
    SignedInButDisabled,
    SmsNotConfigured,
    SmsUnavailable,
    StaffNotErased,
    StaffNotLinked,
    TokenExpired,
    TokenInvalid,
    WeakPassword,
    WrongPassword,
)
from accounts.gateways import google
from accounts.models import AuthSession, User
from core import rate_limits
from core.exceptions import NotSignedIn
from core.http.client_ip import get_client_ip
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.openapi.headers import GUEST_KEYS, MARKET
from core.http.parsers import get_body

SIGN_IN_PARAMETERS = [MARKET, *GUEST_KEYS]


class AuthViewSet(GenericViewSet[User]):
    """Accounts and sessions."""

    permission_classes = [IsAuthenticated]
    serializer_class = UserSerializer
    acts_on_cookies = False  # read by the origin rule
    schema_tag = "Sign-in"

    @api_schema(
        SignedInResponse,
        request=RegisterInput,
        statuses=(201,),
        operation_id="register",
        refusals=(
            InvalidCredentials,
            EmailInvalid,
            EmailTaken,
            WeakPassword,
        ),
        parameters=SIGN_IN_PARAMETERS,
    )
    @action(detail=False, methods=["post"], **OPEN_ACTION)
    def register(self, request: Request) -> Reply:
        """Create an account and sign in. The guest cart is merged, see `cart_merge` of the answer."""
        serializer = RegisterInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        user = services.register_user(
            data["email"],
            data["password"],
            access.get_client_info(request._request),
            first_name=data.get("first_name", ""),
            last_name=data.get("last_name", ""),
            accepts_marketing=data["accepts_marketing"],
        )
        reply = Reply({"user": UserSerializer(user).data}, "Account created", status=201)
        return access.sign_in_user(request, user, reply, method=AuthSession.Method.REGISTER, mode=data["mode"])

    @api_schema(
        SignedInResponse,
        request=LoginInput,
        operation_id="login",
        refusals=(
            InvalidCredentials,
            AccountDisabled,
        ),
        parameters=SIGN_IN_PARAMETERS,
    )
    @action(detail=False, methods=["post"], **OPEN_ACTION)
    def login(self, request: Request) -> Reply:
        """Sign in by e-mail address and password. The guest cart is merged, see `cart_merge` of the answer."""
        serializer = LoginInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        user = services.authenticate_by_password(data["email"], data["password"], access.get_client_info(request._request))
        reply = Reply({"user": UserSerializer(user).data}, "Signed in")
        return access.sign_in_user(request, user, reply, method=AuthSession.Method.PASSWORD, mode=data["mode"])

    @api_schema(
        SignedInResponse,
        request=GoogleInput,
        statuses=(200, 201),
        operation_id="sign_in_with_google",
        refusals=(
            InvalidCredentials,
            EmailInvalid,
            GoogleTokenInvalid,
            AccountDisabled,
            EmailNotVerified,
            StaffNotLinked,
            GoogleNotConfigured,
            GoogleUnavailable,
        ),
        parameters=SIGN_IN_PARAMETERS,
    )
    @action(detail=False, methods=["post"], **OPEN_ACTION)
    def google(self, request: Request) -> Reply:
        """Sign in with Google. `credential` is the ID token issued to the page; the first sign-in creates an account."""
        rate_limits.count_call("google", rate_limits.get_caller_key(get_client_ip(request._request)))
        serializer = GoogleInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        identity = google.verify_id_token(data["credential"], data.get("nonce"))
        user, is_new = google_accounts.authenticate_by_google(identity, access.get_client_info(request._request))
        message, status = ("Account created", 201) if is_new else ("Signed in", 200)
        reply = Reply({"user": UserSerializer(user).data}, message, status=status)
        return access.sign_in_user(request, user, reply, method=AuthSession.Method.GOOGLE, mode=data["mode"])

    @api_schema(
        CodeSentResponse,
        request=SendCodeInput,
        statuses=(202,),
        operation_id="send_code",
        refusals=(
            PhoneInvalid,
            SmsNotConfigured,
            SmsUnavailable,
        ),
    )
    @action(detail=False, methods=["post"], url_path="send-code", **OPEN_ACTION)
    def send_code(self, request: Request) -> Reply:
        """Send a code by text message. The response does not reveal whether the number has an account."""
        serializer = SendCodeInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        client = access.get_client_info(request._request)
        phone_codes.send_code(phones.normalize_phone(serializer.validated_data["phone"], client.market), client)
        return Reply(CODE_SENT, "Code sent", status=202)

    @api_schema(
        SignedInResponse,
        request=VerifyCodeInput,
        extra=AccessTokenResponse,
        operation_id="verify_code",
        refusals=(
            InvalidCredentials,
            PhoneInvalid,
            CodeInvalid,
            AccountDisabled,
        ),
        parameters=SIGN_IN_PARAMETERS,
        reply="SignedInByCodeReply",
    )
    @action(detail=False, methods=["post"], url_path="verify-code", **OPEN_ACTION)
    def verify_code(self, request: Request) -> Reply:
        """Sign in with a code sent by text message. The first sign-in of a number creates an account."""
        serializer = VerifyCodeInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        client = access.get_client_info(request._request)
        user = phone_codes.authenticate_by_code(
            phones.normalize_phone(data["phone"], client.market), data["verification_code"], client
        )
        reply = Reply({"user": UserSerializer(user).data}, "Signed in")
        reply = access.sign_in_user(request, user, reply, method=AuthSession.Method.PHONE, mode=data["mode"])
        reply.extra = {"access_token": reply.data.get("access_token")}
        return reply

    @api_schema(
        TokensResponse,
        request=RefreshInput,
        operation_id="refresh_tokens",
        refusals=(
            TokenInvalid,
            TokenExpired,
            SessionRevoked,
            RefreshReused,
            SignedInButDisabled,
        ),
    )
    @action(detail=False, methods=["post"], **OPEN_ACTION)
    def refresh(self, request: Request) -> Reply:
        """Get a new pair of tokens. They come back the way the refresh token was sent: by cookie or in the body."""
        text, mode = access.get_refresh_token(request)
        client = access.get_client_info(request._request)
        try:
            pair = sessions.refresh_session(access.decode_refresh_token(text, client), client)
        except NotSignedIn as error:
            error.clears_cookies = access.TOKEN_COOKIES if mode == "cookie" else ()
            raise
        return access.add_tokens(Reply({}, "Refreshed"), pair, mode)

    @api_schema(None, request=LogoutInput, operation_id="logout")
    @action(detail=False, methods=["post"], **OPEN_ACTION)
    def logout(self, request: Request) -> Reply:
        """Sign out. Ends the sessions of all tokens in the request, or every session of the account, and always succeeds."""
        everywhere = str(get_body(request).get("all")).lower() in ("true", "1")
        for claims in access.get_claims_to_end(request):
            services.sign_out_session(claims, access.get_client_info(request._request), everywhere=everywhere)
        return access.delete_all_cookies(Reply(None, "Signed out"))

    @api_schema(UserSerializer, operation_id="get_me", tag="Account")
    @action(detail=False, methods=["get"])
    def me(self, request: Request) -> Reply:
        """Get the caller's profile."""
        return Reply(UserSerializer(access.get_user(request)).data)

    @api_schema(UserSerializer, request=ProfileInput, operation_id="update_me", tag="Account")
    @me.mapping.patch
    def change_me(self, request: Request) -> Reply:
        """Change names, market or consent to marketing, whose history the shop keeps."""
        serializer = ProfileInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        client = access.get_client_info(request._request)
        user = services.change_profile(
            access.get_user(request), access.get_claims(request).sid, client, **serializer.validated_data
        )
        return Reply(UserSerializer(user).data, "Profile saved")

    @api_schema(
        None,
        request=ProofInput,
        operation_id="delete_me",
        tag="Account",
        refusals=(
            WrongPassword,
            ProofNeeded,
            StaffNotErased,
            GoogleNotConfigured,
            GoogleUnavailable,
        ),
    )
    @me.mapping.delete
    def erase_me(self, request: Request) -> Reply:
        """Close the account. Sessions, carts and wishlist are deleted; orders stay without personal data."""
        serializer = ProofInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        erasure.erase_account(access.get_user(request), serializer.get_proof(), access.get_client_info(request._request))
        return access.delete_all_cookies(Reply(None, "Your account is closed"))
