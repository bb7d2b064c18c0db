"""The two kinds of token. Signed, not secret: they hold ids only, no name, no address, no rights."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.tokens import Token

from accounts.exceptions import TokenExpired, TokenInvalid

ISSUER = "store"
MAX_LENGTH = 4096  # bytes
LEEWAY = 5  # seconds


@cache
def backend() -> TokenBackend:
    """Return the one signer, HS256; `read` takes nothing else either, whatever a token's header says (RFC 8725 3.1)."""
    return TokenBackend("HS256", settings.JWT_SIGNING_KEY, issuer=ISSUER, leeway=LEEWAY)


class ShopToken(Token):
    """A SimpleJWT token that is signed with the shop's own key."""

    token_type: str

    def get_token_backend(self) -> TokenBackend:
        """Sign and check with our backend, not with the library's global one."""
        return backend()


class AccessToken(ShopToken):
    """Opens the API for half an hour."""

    token_type: str = "access"  # noqa: S105 - the name of a kind
    lifetime: timedelta = settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(ShopToken):
    """Gets a new pair, once."""

    token_type: str = "refresh"  # noqa: S105 - the name of a kind
    lifetime: timedelta = settings.REFRESH_TOKEN_LIFETIME


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, checked for form."""

    sid: UUID
    user_id: int
    market: str = ""
    refresh_no: int = -1


@dataclass(frozen=True, slots=True)
class Pair:
    """A fresh access token and the refresh token that belongs to it."""

    access: str
    refresh: str


def pair(sid: UUID, user_id: int, market: str, refresh_no: int) -> Pair:
    """Return the tokens of a session at this refresh number."""
    access, refresh = AccessToken(), RefreshToken()
    access["user_id"] = refresh["user_id"] = user_id
    access["sid"] = refresh["sid"] = str(sid)
    access["market"] = market
    refresh["rn"] = refresh_no
    return Pair(str(access), str(refresh))


def read(text: str, kind: type[ShopToken], *, expired_too: bool = False) -> Claims:
    """Return what a token says. Raises TokenExpired, TokenInvalid; with `expired_too` its age does not matter."""
    if not text or len(text) > MAX_LENGTH or not text.isascii():
        raise TokenInvalid
    options: Any = {"require": ["exp", "iat", "iss"], "verify_exp": not expired_too}
    try:
        payload = jwt.decode(text, settings.JWT_SIGNING_KEY, ["HS256"], options=options, issuer=ISSUER, leeway=LEEWAY)
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except (jwt.InvalidTokenError, ValueError):
        raise TokenInvalid from None
    return _claims(payload, kind.token_type)


def _claims(payload: dict[str, Any], kind: str) -> Claims:
    user_id, market, number = payload.get("user_id"), payload.get("market", ""), payload.get("rn", -1)
    if payload.get("token_type") != kind or type(user_id) is not int or type(number) is not int:
        raise TokenInvalid
    if not isinstance(market, str):
        raise TokenInvalid
    try:
        return Claims(UUID(payload["sid"]), user_id, market, number)
    except (KeyError, ValueError, AttributeError, TypeError):
        raise TokenInvalid from None
