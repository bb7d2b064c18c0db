"""Access and refresh tokens. They are signed, not encrypted, and hold only ids: no names, addresses or permissions."""

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
MAX_TOKEN_LENGTH = 4096  # bytes
LEEWAY = 5  # seconds
MAX_ID, MAX_REFRESH_NO = 2**63 - 1, 2**31 - 1  # what the columns hold


@cache
def get_backend() -> TokenBackend:
    """Return the HS256 signer; `decode_token` accepts no other algorithm, whatever the header says (RFC 8725 3.1)."""
    return TokenBackend("HS256", settings.JWT_SIGNING_KEY, issuer=ISSUER, leeway=LEEWAY)


class ShopToken(Token):
    """A SimpleJWT token signed with JWT_SIGNING_KEY."""

    token_type: str

    def get_token_backend(self) -> TokenBackend:
        """Return our backend instead of the library's global one."""
        return get_backend()


class AccessToken(ShopToken):
    """Authenticates API requests; valid for ACCESS_TOKEN_LIFETIME."""

    token_type: str = "access"  # noqa: S105 - a token type
    lifetime: timedelta = settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(ShopToken):
    """Can be exchanged once for a new token pair."""

    token_type: str = "refresh"  # noqa: S105 - a token type
    lifetime: timedelta = settings.REFRESH_TOKEN_LIFETIME


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a token, with validated types."""

    sid: UUID
    user_id: int
    market: str = ""
    refresh_no: int = -1


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A new access token and its refresh token."""

    access: str
    refresh: str


def issue_pair(sid: UUID, user_id: int, market: str, refresh_no: int) -> TokenPair:
    """Return new tokens of the session with this refresh number."""
    access, refresh = AccessToken(), RefreshToken()
    access["user_id"] = refresh["user_id"] = user_id
    access["sid"] = refresh["sid"] = str(sid)
    access["market"] = market
    refresh["rn"] = refresh_no
    return TokenPair(str(access), str(refresh))


def decode_token(text: str, kind: type[ShopToken], *, allow_expired: bool = False) -> Claims:
    """Verify a token and return its claims; `allow_expired` skips the expiry check. Raises TokenExpired, TokenInvalid."""
    if not text or len(text) > MAX_TOKEN_LENGTH or not text.isascii():
        raise TokenInvalid
    for key in (settings.JWT_SIGNING_KEY, *settings.JWT_SIGNING_KEY_FALLBACKS):
        try:
            return _parse_claims(_decode(text, key, verify_expiry=not allow_expired), kind.token_type)
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, ValueError):
            raise TokenInvalid from None
    raise TokenInvalid


def _decode(text: str, key: str, *, verify_expiry: bool) -> dict[str, Any]:
    options: Any = {"require": ["exp", "iat", "iss"], "verify_exp": verify_expiry}
    payload: dict[str, Any] = jwt.decode(text, key, ["HS256"], options=options, issuer=ISSUER, leeway=LEEWAY)
    return payload


def _parse_claims(payload: dict[str, Any], kind: str) -> Claims:
    user_id, market, refresh_no = payload.get("user_id"), payload.get("market", ""), payload.get("rn", -1)
    if payload.get("token_type") != kind or type(user_id) is not int or type(refresh_no) is not int:
        raise TokenInvalid
    if not isinstance(market, str) or abs(user_id) > MAX_ID or not -1 <= refresh_no <= MAX_REFRESH_NO:
        raise TokenInvalid
    try:
        return Claims(UUID(payload["sid"]), user_id, market, refresh_no)
    except (KeyError, ValueError, AttributeError, TypeError):
        raise TokenInvalid from None
