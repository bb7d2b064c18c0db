"""`/api/auth/…`: what a signed-in user does to his sessions, password and address, and what the links of mails do."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts import passwords, sessions, verification
from accounts.api import access
from accounts.api.inputs import AskResetInput, ChangeEmailInput, ChangePasswordInput, ResetInput, VerifyEmailInput
from accounts.api.responses import SessionSerializer, TokensResponse
from accounts.exceptions import SessionNotFound
from accounts.models import User
from core.http.envelope import Reply
from core.http.fields import uuid_of
from core.http.openapi import api_schema

# These decide by what is in the body and in their own cookies: an old access token never blocks a sign-in.
OPEN: dict[str, Any] = {"authentication_classes": [], "permission_classes": [AllowAny], "acts_on_cookies": True}
SESSION = [OpenApiParameter("sid", OpenApiTypes.UUID, OpenApiParameter.PATH)]


class CredentialsViewSet(GenericViewSet[User]):
    """Sessions, password and address."""

    @api_schema(SessionSerializer(many=True))
    @action(detail=False, methods=["get"])
    def sessions(self, request: Request) -> Reply:
        """List where the caller is signed in, the newest first."""
        live = sessions.live_of(access.user_of(request).pk)
        return Reply(SessionSerializer(live, many=True, context={"sid": access.claims_of(request).sid}).data)

    @api_schema(None, parameters=SESSION)
    @action(detail=False, methods=["delete"], url_path=r"sessions/(?P<sid>[^/]+)")
    def end_session(self, request: Request, sid: str) -> Reply:
        """End one of the caller's sessions; its tokens are worth nothing at once."""
        wanted = uuid_of(sid)
        if wanted is None:
            raise SessionNotFound
        sessions.end_own(access.user_of(request).pk, wanted, access.client_info(request._request))
        reply = Reply(None, "Session ended")
        return access.forget(reply) if wanted == access.claims_of(request).sid else reply

    @api_schema(TokensResponse, request=ChangePasswordInput)
    @action(detail=False, methods=["post"], url_path="password/change")
    def change_password(self, request: Request) -> Reply:
        """Change the password: every other device is signed out, and this one gets new tokens the way it sent its old one."""
        given = ChangePasswordInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        place = access.client_info(request._request)
        pair = passwords.change(access.user_of(request), fields["old_password"], fields["new_password"], place)
        return access.put_tokens(Reply({}, "Password changed"), pair, access.mode_of(request))

    @api_schema(None, request=AskResetInput)
    @action(detail=False, methods=["post"], url_path="password/reset", **OPEN)
    def ask_reset(self, request: Request) -> Reply:
        """Ask for a mail with a link to set a new password; the answer is the same whether the account exists or not."""
        given = AskResetInput(data=request.data)
        given.is_valid(raise_exception=True)
        passwords.ask_reset(given.validated_data["email"], access.client_info(request._request))
        return Reply(None, "If there is an account with this address, a mail is on its way")

    @api_schema(None, request=ResetInput)
    @action(detail=False, methods=["post"], url_path="password/reset/confirm", **OPEN)
    def reset_password(self, request: Request) -> Reply:
        """Set a new password with what the mail's link says. Every device is signed out; sign in with the new one."""
        given = ResetInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        passwords.reset(fields["uid"], fields["token"], fields["new_password"], access.client_info(request._request))
        return access.forget_pair(Reply(None, "Password set. Sign in with it"))

    @api_schema(None, request=VerifyEmailInput)
    @action(detail=False, methods=["post"], url_path="email/verify", **OPEN)
    def verify_email(self, request: Request) -> Reply:
        """Confirm an address, or the change to a new one, with what the mail's link says."""
        given = VerifyEmailInput(data=request.data)
        given.is_valid(raise_exception=True)
        verification.confirm(given.validated_data["token"], access.client_info(request._request))
        return Reply(None, "E-mail address confirmed")

    @api_schema(None, statuses=(202,))
    @action(detail=False, methods=["post"], url_path="email/resend")
    def resend(self, request: Request) -> Reply:
        """Send the mail that confirms the caller's address once more."""
        verification.resend(access.user_of(request), access.client_info(request._request))
        return Reply(None, "A mail is on its way", status=202)

    @api_schema(None, request=ChangeEmailInput, statuses=(202,))
    @action(detail=False, methods=["post"], url_path="email/change")
    def change_email(self, request: Request) -> Reply:
        """Ask for another address; it is taken when the link in the mail to it is used. The old one is told."""
        given = ChangeEmailInput(data=request.data)
        given.is_valid(raise_exception=True)
        place = access.client_info(request._request)
        verification.ask_change(access.user_of(request), given.validated_data["new_email"], given.proof(), place)
        return Reply(None, "A mail is on its way to the new address", status=202)
