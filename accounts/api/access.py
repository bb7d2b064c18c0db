"""Reads tokens and client info from requests, and writes tokens and auth cookies to responses."""

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
from core.empty_values import is_empty
from core.exceptions import DomainError, NotSignedIn
from core.http import cookies
from core.http.bearer import get_bearer_token, split_authorization
from core.http.client_ip import get_client_ip
from core.http.envelope import Reply
from core.http.parsers import get_body
from core.markets import get_request_market

TOKEN_COOKIES = (cookies.ACCESS, cookies.REFRESH)
logger = logging.getLogger("shop.accounts")


def get_client_info(request: HttpRequest) -> ClientInfo:
    """Return the client of a request."""
    return ClientInfo(get_client_ip(request), request.META.get("HTTP_USER_AGENT", ""), get_request_market(request).code)


def get_user(request: Request) -> User:
    """Return the signed-in user; only for views that require authentication."""
    return cast(User, request.user)


def get_claims(request: Request) -> tokens.Claims:
    """Return the claims of the signed-in user's access token."""
    return cast(tokens.Claims, request.auth)


def sign_in_user(request: Request, user: User, reply: Reply, *, method: str, mode: str) -> Reply:
    """Start a session, send `signed_in`, and add the tokens and what the receivers return to the response.

    The session in the browser's cookies ends, even if it is another user's: the browser can no longer sign out of it. Raises
    AccountDisabled, InvalidCredentials.
    """
    request._request.caller_market = user.market  # type: ignore[attr-defined]  # used if the request names no market
    client = get_client_info(request._request)
    pair = sessions.start_session(user, method, client)
    replaced = _decode_all(_get_cookie_tokens(request))
    for claims in replaced:
        sessions.end_replaced_session(claims.sid, claims.user_id, client)
    if replaced and mode == "token":
        delete_token_cookies(reply)
    for receiver, extra in signals.signed_in.send_robust(sender=User, request=request, user=user):
        if isinstance(extra, Exception):
            logger.error("signed_in receiver %s failed", receiver, exc_info=extra)
        elif extra is not None:
            reply.data.update(extra.data)
            cookies.delete_cookies(reply, *extra.cookies_to_delete)
    return add_tokens(reply, pair, mode)


def add_tokens(reply: Reply, pair: tokens.TokenPair, mode: str) -> Reply:
    """Add the tokens to the response: in the body, or as cookies."""
    if mode == "token":
        reply.data.update(serialize_tokens(pair))
        return reply
    return set_token_cookies(reply, pair)


def get_token_mode(request: Request) -> str:
    """Return how the caller sent the access token, "token" (header) or "cookie"; new tokens go back the same way."""
    return "token" if get_bearer_token(request._request) else "cookie"


def serialize_tokens(pair: tokens.TokenPair) -> dict[str, Any]:
    """Return the tokens as response data."""
    lifetime = int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())
    return {"access_token": pair.access, "refresh_token": pair.refresh, "token_type": "Bearer", "expires_in": lifetime}


def set_token_cookies(reply: Reply, pair: tokens.TokenPair) -> Reply:
    """Set both cookies; the access cookie outlives its token, so that an expired token differs from none."""
    age = int(settings.REFRESH_TOKEN_LIFETIME.total_seconds())
    cookies.set_cookie(reply, cookies.ACCESS, pair.access, age)
    cookies.set_cookie(reply, cookies.REFRESH, pair.refresh, age)
    return reply


def get_refresh_token(request: Request) -> tuple[str, str]:
    """Return the refresh token and how it was sent, "token" (body) or "cookie"; an empty one in the body is absent.

    Raises TokenInvalid.
    """
    token = get_body(request).get("refresh_token")
    if not is_empty(token):
        if not isinstance(token, str):
            raise TokenInvalid
        return token, "token"
    return cookies.read(request._request, cookies.REFRESH), "cookie"


def decode_refresh_token(text: str, client: ClientInfo) -> tokens.Claims:
    """Return the claims of a refresh token. Raises NotSignedIn, and TooManyRequests after too many invalid tokens."""
    try:
        return tokens.decode_token(text, tokens.RefreshToken)
    except NotSignedIn:
        if text:
            rate_limits.count_call("refresh", rate_limits.get_caller_key(client.ip))
        raise


def get_claims_to_end(request: Request) -> list[tokens.Claims]:
    """Return the claims of each session to log out: tokens from header, body and cookies, access or refresh, expired or not."""
    _, header = split_authorization(request._request)
    body_token = get_body(request).get("refresh_token")
    return _decode_all(
        [
            (header, tokens.AccessToken),
            (header, tokens.RefreshToken),
            (body_token if isinstance(body_token, str) else "", tokens.RefreshToken),
            *_get_cookie_tokens(request),
        ]
    )


def _get_cookie_tokens(request: Request) -> list[tuple[str, type[tokens.ShopToken]]]:
    raw = request._request
    return [
        (cookies.read(raw, cookies.ACCESS), tokens.AccessToken),
        (cookies.read(raw, cookies.REFRESH), tokens.RefreshToken),
    ]


def _decode_all(candidates: list[tuple[str, type[tokens.ShopToken]]]) -> list[tokens.Claims]:
    """Return the claims of each session that one of these tokens belongs to; invalid tokens are ignored, expired ones are not."""
    sessions_to_end: dict[UUID, tokens.Claims] = {}
    for text, kind in candidates:
        with suppress(DomainError):
            claims = tokens.decode_token(text, kind, allow_expired=True)
            sessions_to_end.setdefault(claims.sid, claims)
    return list(sessions_to_end.values())


def delete_all_cookies(reply: Reply) -> Reply:
    """Delete the auth cookies and the guest cookies."""
    cookies.delete_cookies(reply, cookies.ACCESS, cookies.REFRESH, cookies.GUEST_READABLE, cookies.GUEST_HTTP_ONLY)
    return reply


def delete_token_cookies(reply: Reply) -> Reply:
    """Delete the auth cookies, but not the guest cookies."""
    cookies.delete_cookies(reply, *TOKEN_COOKIES)
    return reply
