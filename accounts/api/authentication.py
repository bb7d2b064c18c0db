"""Who makes a request: one token, one statement for session and user together."""

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
from accounts.exceptions import SessionRevoked, SignedInButDisabled, TokenExpired
from accounts.models import AuthSession, User
from core.compiled_queries import CompiledSelect, Param
from core.exceptions import NotSignedIn
from core.http import cookies

USER_FIELDS = [field.attname for field in User._meta.concrete_fields]


def _live_session() -> QuerySet[Any, Any]:
    live = AuthSession.objects.filter(
        pk=Param("sid", models.UUIDField()),
        user_id=Param("user_id", models.BigIntegerField()),
        revoked_at=None,
        expires_at__gt=Param("now", models.DateTimeField()),
    )
    return live.values_list("market", *(f"user__{name}" for name in USER_FIELDS))


def _session(row: Any) -> tuple[str, tuple[Any, ...]]:
    """Part the session's market from the columns of its user."""
    return row[0], tuple(row[1:])


LIVE_SESSION = CompiledSelect(_session, _live_session)


def _signed_in(text: str) -> tuple[User, tokens.Claims]:
    """Return the user of an access token. Raises TokenInvalid, TokenExpired, SessionRevoked, SignedInButDisabled."""
    claims = tokens.read(text, tokens.AccessToken)
    found = LIVE_SESSION.first(sid=claims.sid, user_id=claims.user_id, now=timezone.now())
    if found is None:
        raise SessionRevoked
    user = User.from_db("default", USER_FIELDS, found[1])
    if not user.is_active:
        raise SignedInButDisabled
    return user, claims


class CookieJWTAuthentication(BaseAuthentication):
    """Takes the Bearer token, else the access cookie; a token that does not open a live session is refused, never ignored.

    One exception: whoever reads from a view with `ignores_bad_cookie`, as everybody may, is a guest where his cookie is old.
    """

    def authenticate(self, request: Request) -> tuple[User, tokens.Claims] | None:
        """Return the user and what his token says; None for a guest. Raises the refusals of `tokens` and SessionRevoked."""
        text = access.bearer(request._request)
        by_cookie = text is None
        if text is None:
            text = cookies.read(request._request, cookies.ACCESS)
            if not text:
                return None
        try:
            user, claims = _signed_in(text)
        except NotSignedIn as refusal:
            view = (request.parser_context or {}).get("view")
            if by_cookie and request.method in SAFE_METHODS and getattr(view, "ignores_bad_cookie", False):
                return None
            if by_cookie and not isinstance(refusal, TokenExpired):  # the client refreshes an expired one
                refusal.clears_cookies = access.PAIR
            raise
        request._request.caller_market = claims.market or user.market  # type: ignore[attr-defined]  # read by market_of
        return user, claims

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 (RFC 6750)."""
        return 'Bearer realm="api"'


class CookieJWTScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the schema how to sign in."""

    target_class = CookieJWTAuthentication
    name = ["bearer", "cookie"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Describe the header and the cookie."""
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {"type": "apiKey", "in": "cookie", "name": cookies.name_of(cookies.ACCESS)},
        ]
