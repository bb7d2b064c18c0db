"""Request authentication: one token, and one statement that loads session and user together."""

from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts import tokens
from accounts.api import access
from accounts.exceptions import SessionRevoked, SignedInButDisabled, TokenExpired, TokenInvalid
from accounts.models import AuthSession, User
from core.compiled_queries import CompiledSelect, Param
from core.exceptions import NotSignedIn
from core.http import cookies
from core.http.bearer import get_bearer_token, has_unknown_scheme

USER_FIELDS = [field.attname for field in User._meta.concrete_fields]


def _build_live_session_query() -> QuerySet[Any, Any]:
    live = AuthSession.objects.filter(
        pk=Param("sid", models.UUIDField()),
        user_id=Param("user_id", models.BigIntegerField()),
        revoked_at=None,
        expires_at__gt=Param("now", models.DateTimeField()),
    )
    return live.values_list("market", *(f"user__{name}" for name in USER_FIELDS))


def _split_row(row: Any) -> tuple[str, tuple[Any, ...]]:
    """Split a row into the session's market and the user's columns."""
    return row[0], tuple(row[1:])


LIVE_SESSION = CompiledSelect(_split_row, _build_live_session_query)


def _authenticate_token(text: str) -> tuple[User, tokens.Claims]:
    """Return the user and claims of an access token. Raises TokenInvalid, TokenExpired, SessionRevoked, SignedInButDisabled."""
    claims = tokens.decode_token(text, tokens.AccessToken)
    session = LIVE_SESSION.first(sid=claims.sid, user_id=claims.user_id, now=timezone.now())
    if session is None:
        raise SessionRevoked
    user = User.from_db("default", USER_FIELDS, session[1])
    if not user.is_active:
        raise SignedInButDisabled
    return user, claims


class CookieJWTAuthentication(BaseAuthentication):
    """Authenticates by Bearer token, else by access cookie; an invalid token is rejected, never ignored.

    An empty Bearer token is absent, as is the password of a proxy or a staging site (Basic, Digest).

    One exception: safe requests to views with `ignores_bad_cookie` continue as guest if the cookie is invalid.
    """

    refusals = (TokenInvalid, TokenExpired, SessionRevoked, SignedInButDisabled)  # for the schema

    def authenticate(self, request: Request) -> tuple[User, tokens.Claims] | None:
        """Return the user and the claims, or None for guests.

        Raises TokenInvalid, TokenExpired, SessionRevoked, SignedInButDisabled.
        """
        if has_unknown_scheme(request._request):
            raise TokenInvalid
        text = get_bearer_token(request._request)
        is_cookie = not text
        if is_cookie:
            text = cookies.read(request._request, cookies.ACCESS)
            if not text:
                return None
        try:
            user, claims = _authenticate_token(text)
        except NotSignedIn as error:
            view = (request.parser_context or {}).get("view")
            if is_cookie and request.method in SAFE_METHODS and getattr(view, "ignores_bad_cookie", False):
                return None
            if is_cookie and not isinstance(error, TokenExpired):  # the client refreshes an expired token
                error.clears_cookies = access.TOKEN_COOKIES
            raise
        request._request.caller_market = claims.market or user.market  # type: ignore[attr-defined]  # read by market_of
        return user, claims

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 (RFC 6750)."""
        return 'Bearer realm="api"'


class CookieJWTScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the authentication to the schema."""

    target_class = CookieJWTAuthentication
    name = ["bearer", "cookie"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Describe the header and the cookie."""
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "`access_token` of a sign-in in token mode"},
            {
                "type": "apiKey",
                "in": "cookie",
                "name": cookies.get_wire_name(cookies.ACCESS),
                "description": "set by a sign-in in cookie mode, sent by browsers",
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Return the alternatives: one scheme is enough."""
        return [{name: []} for name in self.name]
