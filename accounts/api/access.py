"""Turns a request into the caller's tokens, and a sign-in into an answer: the auth cookies in and out."""

import logging
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from accounts import sessions, signals, tokens
from accounts.client_info import ClientInfo
from accounts.exceptions import TokenInvalid
from accounts.models import User
from core import rate_limits
from core.exceptions import DomainError, NotSignedIn
from core.http import cookies
from core.http.client_ip import client_ip
from core.http.envelope import Reply
from core.http.parsers import body_of
from core.markets import market_of

PAIR = (cookies.ACCESS, cookies.REFRESH)
logger = logging.getLogger("shop.accounts")


def bearer(request: HttpRequest) -> str | None:
    """Return the token of the Authorization header, or None where there is none. Raises TokenInvalid for any other scheme."""
    header: str = request.META.get("HTTP_AUTHORIZATION", "").strip()
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or " " in token.strip():
        raise TokenInvalid
    return token.strip()


def client_info(request: HttpRequest) -> ClientInfo:
    """Return where a call comes from."""
    return ClientInfo(client_ip(request), request.META.get("HTTP_USER_AGENT", ""), market_of(request).code)


def user_of(request: Request) -> User:
    """Return the signed-in user; for views that let no guest in."""
    return cast(User, request.user)


def claims_of(request: Request) -> tokens.Claims:
    """Return what the token of the signed-in user says."""
    return cast(tokens.Claims, request.auth)


def sign_in(request: Request, user: User, reply: Reply, *, method: str, mode: str) -> Reply:
    """Start a session, tell the apps above, and put tokens and what those apps tell into the answer.

    Raises AccountDisabled, InvalidCredentials.
    """
    request._request.caller_market = user.market  # type: ignore[attr-defined]  # where the request names no market
    pair = sessions.start(user, method, client_info(request._request))
    for receiver, told in signals.signed_in.send_robust(sender=User, request=request, user=user):
        if isinstance(told, Exception):
            logger.error("after sign-in, %s failed", receiver, exc_info=told)
        elif told is not None:
            reply.data.update(told.data)
            cookies.drop(reply, *told.over)
    return put_tokens(reply, pair, mode)


def put_tokens(reply: Reply, pair: tokens.Pair, mode: str) -> Reply:
    """Hand the tokens over: in the body, or in cookies."""
    if mode == "token":
        reply.data.update(token_data(pair))
        return reply
    return put_pair(reply, pair)


def mode_of(request: Request) -> str:
    """Return how the caller has sent his token, and thus how he gets a new one."""
    return "cookie" if bearer(request._request) is None else "token"


def token_data(pair: tokens.Pair) -> dict[str, Any]:
    """Return the tokens as an answer holds them."""
    lifetime = int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())
    return {"access_token": pair.access, "refresh_token": pair.refresh, "token_type": "Bearer", "expires_in": lifetime}


def put_pair(reply: Reply, pair: tokens.Pair) -> Reply:
    """Set both cookies; the access cookie outlives its token, so that an old one is told from none."""
    age = int(settings.REFRESH_TOKEN_LIFETIME.total_seconds())
    cookies.put(reply, cookies.ACCESS, pair.access, age)
    cookies.put(reply, cookies.REFRESH, pair.refresh, age)
    return reply


def refresh_token_of(request: Request) -> tuple[str, str]:
    """Return the refresh token and how it came, "token" (body) or "cookie". Raises TokenInvalid."""
    given = body_of(request).get("refresh_token")
    if given is not None:
        if not isinstance(given, str):
            raise TokenInvalid
        return given, "token"
    return cookies.read(request._request, cookies.REFRESH), "cookie"


def refresh_claims(text: str, place: ClientInfo) -> tokens.Claims:
    """Return what a refresh token says. Raises NotSignedIn; TooManyRequests for one who sends what is none, again and again."""
    try:
        return tokens.read(text, tokens.RefreshToken)
    except NotSignedIn:
        if text:
            rate_limits.count("refresh", rate_limits.caller_key(place.ip))
        raise


def claims_to_end(request: Request) -> list[tokens.Claims]:
    """Return the sessions that a logout means: those of header, body and cookies, access or refresh, expired or not."""
    raw = request._request
    header = raw.META.get("HTTP_AUTHORIZATION", "")
    given = body_of(request).get("refresh_token")
    candidates = (
        (header.partition(" ")[2].strip(), tokens.AccessToken),
        (header.partition(" ")[2].strip(), tokens.RefreshToken),
        (given if isinstance(given, str) else "", tokens.RefreshToken),
        (cookies.read(raw, cookies.ACCESS), tokens.AccessToken),
        (cookies.read(raw, cookies.REFRESH), tokens.RefreshToken),
    )
    found: dict[UUID, tokens.Claims] = {}
    for text, kind in candidates:
        with suppress(DomainError):
            claims = tokens.read(text, kind, expired_too=True)
            found.setdefault(claims.sid, claims)
    return list(found.values())


def forget(reply: Reply) -> Reply:
    """Delete the auth cookies and the guest's."""
    cookies.drop(reply, cookies.ACCESS, cookies.REFRESH, cookies.GUEST_READABLE, cookies.GUEST_HIDDEN)
    return reply


def forget_pair(reply: Reply) -> Reply:
    """Delete the auth cookies, and leave the guest's."""
    cookies.drop(reply, *PAIR)
    return reply
