"""`/api/auth/…`: sessions, password, e-mail address and phone number of the user, and the actions behind links in e-mails."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts import passwords, phone_change, phones, sessions, verification
from accounts.api import access
from accounts.api.inputs import (
    AskResetInput,
    ChangeEmailInput,
    ChangePasswordInput,
    ChangePhoneInput,
    ResetInput,
    VerifyEmailInput,
)
from accounts.api.responses import SessionSerializer, TokensResponse, UserSerializer
from accounts.exceptions import (
    AlreadyVerified,
    EmailInvalid,
    EmailTaken,
    GoogleNotConfigured,
    GoogleUnavailable,
    LinkInvalid,
    NewPhoneCodeInvalid,
    NoAddress,
    PhoneInvalid,
    PhoneTaken,
    ProofNeeded,
    SessionNotFound,
    WeakPassword,
    WrongPassword,
)
from accounts.models import User
from core.http.envelope import Reply
from core.http.fields import parse_uuid
from core.http.openapi import api_schema
from core.http.openapi.headers import MARKET

# These actions only use the body and their own cookies, so that an old access token never blocks a sign-in.
OPEN_ACTION: dict[str, Any] = {"authentication_classes": [], "permission_classes": [AllowAny], "acts_on_cookies": True}
SESSION_ID = OpenApiParameter("session_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="`id` of `GET sessions/`")


class CredentialsViewSet(GenericViewSet[User]):
    """Sessions, password, e-mail address and phone number."""

    permission_classes = [IsAuthenticated]
    serializer_class = UserSerializer
    acts_on_cookies = False  # read by the origin rule
    schema_tag = "Account"

    @api_schema(SessionSerializer(many=True), operation_id="list_sessions")
    @action(detail=False, methods=["get"])
    def sessions(self, request: Request) -> Reply:
        """List the caller's live sessions, newest first."""
        live = sessions.get_live_sessions(access.get_user(request).pk)
        return Reply(SessionSerializer(live, many=True, context={"sid": access.get_claims(request).sid}).data)

    @api_schema(None, parameters=[SESSION_ID], operation_id="end_session", refusals=(SessionNotFound,))
    @action(detail=False, methods=["delete"], url_path=r"sessions/(?P<session_id>[^/]+)")
    def end_session(self, request: Request, session_id: str) -> Reply:
        """End one of the caller's sessions. Its tokens stop working immediately."""
        sid = parse_uuid(session_id)
        if sid is None:
            raise SessionNotFound
        sessions.end_own_session(access.get_user(request).pk, sid, access.get_client_info(request._request))
        reply = Reply(None, "Session ended")
        return access.delete_all_cookies(reply) if sid == access.get_claims(request).sid else reply

    @api_schema(
        TokensResponse,
        request=ChangePasswordInput,
        operation_id="change_password",
        refusals=(
            WrongPassword,
            WeakPassword,
        ),
    )
    @action(detail=False, methods=["post"], url_path="password/change")
    def change_password(self, request: Request) -> Reply:
        """Change the password. Every other device is signed out; this one gets new tokens the same way it sent the old one."""
        serializer = ChangePasswordInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        client = access.get_client_info(request._request)
        pair = passwords.change_password(access.get_user(request), data["old_password"], data["new_password"], client)
        return access.add_tokens(Reply({}, "Password changed"), pair, access.get_token_mode(request))

    @api_schema(None, request=AskResetInput, operation_id="request_password_reset", tag="Sign-in")
    @action(detail=False, methods=["post"], url_path="password/reset", **OPEN_ACTION)
    def ask_reset(self, request: Request) -> Reply:
        """Request a link to set a new password. It comes by e-mail; the response does not reveal whether the account exists."""
        serializer = AskResetInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        passwords.request_reset(serializer.validated_data["email"], access.get_client_info(request._request))
        return Reply(None, "If there is an account with this address, an e-mail is on its way")

    @api_schema(
        None,
        request=ResetInput,
        operation_id="reset_password",
        tag="Sign-in",
        refusals=(
            LinkInvalid,
            WeakPassword,
        ),
    )
    @action(detail=False, methods=["post"], url_path="password/reset/confirm", **OPEN_ACTION)
    def reset_password(self, request: Request) -> Reply:
        """Set a new password. `uid` and `token` are parameters of the link.

        Every device is signed out; sign in with the new password.
        """
        serializer = ResetInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        passwords.reset_password(data["uid"], data["token"], data["new_password"], access.get_client_info(request._request))
        return access.delete_token_cookies(Reply(None, "Password set. You can sign in with it now"))

    @api_schema(
        None,
        request=VerifyEmailInput,
        operation_id="verify_email",
        tag="Sign-in",
        refusals=(
            LinkInvalid,
            EmailTaken,
        ),
    )
    @action(detail=False, methods=["post"], url_path="email/verify", **OPEN_ACTION)
    def verify_email(self, request: Request) -> Reply:
        """Confirm an e-mail address. `token` is the parameter of the link; it also confirms the change to a new address."""
        serializer = VerifyEmailInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        verification.confirm_email(serializer.validated_data["token"], access.get_client_info(request._request))
        return Reply(None, "E-mail address confirmed")

    @api_schema(
        None,
        statuses=(202,),
        operation_id="resend_verification",
        refusals=(
            NoAddress,
            AlreadyVerified,
        ),
    )
    @action(detail=False, methods=["post"], url_path="email/resend")
    def resend(self, request: Request) -> Reply:
        """Send the verification e-mail again."""
        verification.resend_verification(access.get_user(request), access.get_client_info(request._request))
        return Reply(None, "An e-mail is on its way", status=202)

    @api_schema(
        None,
        request=ChangeEmailInput,
        statuses=(202,),
        operation_id="change_email",
        refusals=(
            EmailInvalid,
            EmailTaken,
            WrongPassword,
            ProofNeeded,
            GoogleNotConfigured,
            GoogleUnavailable,
        ),
    )
    @action(detail=False, methods=["post"], url_path="email/change")
    def change_email(self, request: Request) -> Reply:
        """Change the e-mail address. The new one takes effect when the link sent to it is used; the old address gets a notice."""
        serializer = ChangeEmailInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        client = access.get_client_info(request._request)
        verification.request_email_change(
            access.get_user(request), serializer.validated_data["new_email"], serializer.get_proof(), client
        )
        return Reply(None, "An e-mail is on its way to the new address", status=202)

    @api_schema(
        UserSerializer,
        request=ChangePhoneInput,
        operation_id="change_phone",
        refusals=(
            PhoneInvalid,
            NewPhoneCodeInvalid,
            PhoneTaken,
            WrongPassword,
            ProofNeeded,
            GoogleNotConfigured,
            GoogleUnavailable,
        ),
        parameters=[MARKET],
    )
    @action(detail=False, methods=["post"], url_path="phone/change")
    def change_phone(self, request: Request) -> Reply:
        """Change the phone number, or add one. Send a code to the new number first, with `POST send-code/`."""
        serializer = ChangePhoneInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        client = access.get_client_info(request._request)
        new_phone = phones.normalize_phone(data["new_phone"], client.market, field="new_phone")
        user = phone_change.change_phone(
            access.get_user(request), new_phone, data["new_phone_code"], serializer.get_proof(), client
        )
        return Reply(UserSerializer(user).data, "Phone number changed")
