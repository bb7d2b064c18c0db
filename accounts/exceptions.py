"""What can be refused about an account."""

from store.core.exceptions import Forbidden, Invalid, NotSignedIn


class EmailTaken(Invalid):
    """Another account has this address."""

    code = "email_taken"
    words = "An account with this e-mail address exists already"


class WeakPassword(Invalid):
    """The password is too short, too common or too much like the account's own data."""

    code = "weak_password"


class InvalidCredentials(NotSignedIn):
    """The address or the password is wrong; the answer does not say which."""

    code = "invalid_credentials"
    words = "E-mail address or password is wrong"


class AccountDisabled(Forbidden):
    """The account was disabled by staff; told only to whom knows the password."""

    code = "account_disabled"
    words = "This account is disabled"


class TokenInvalid(NotSignedIn):
    """The token is malformed, forged, of the wrong kind, or of no session."""

    code = "token_invalid"
    words = "The token is not valid"


class TokenExpired(NotSignedIn):
    """The access token is over; the client refreshes it."""

    code = "token_expired"
    words = "The token has expired"


class SessionRevoked(NotSignedIn):
    """The session was ended: by logout, by staff, by a changed password."""

    code = "session_revoked"
    words = "This session has ended. Sign in again"


class SignedInButDisabled(NotSignedIn):
    """The account was disabled while its session was open."""

    code = "account_disabled"
    words = "This account is disabled"


class RefreshReused(NotSignedIn):
    """A refresh token that was used before came again: somebody holds a copy, so the session ends."""

    code = "refresh_reused"
    words = "This session has ended. Sign in again"
