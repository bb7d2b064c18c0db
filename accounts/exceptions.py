"""What can be refused about an account."""

from core.exceptions import Conflict, Forbidden, GatewayDown, Invalid, NotFound, NotSignedIn


class EmailTaken(Invalid):
    """Another account has this address."""

    code = "email_taken"
    default_message = "An account with this e-mail address exists already"


class WeakPassword(Invalid):
    """The password is too short, too common or too much like the account's own data."""

    code = "weak_password"


class InvalidCredentials(NotSignedIn):
    """The address or the password is wrong; the answer does not say which."""

    code = "invalid_credentials"
    default_message = "E-mail address or password is wrong"


class AccountGone(NotSignedIn):
    """The account was closed while its owner was being served."""

    default_message = "This account does not exist any more"


class AccountDisabled(Forbidden):
    """The account was disabled by staff; told only to whom knows the password."""

    code = "account_disabled"
    default_message = "This account is disabled"


class TokenInvalid(NotSignedIn):
    """The token is malformed, forged, of the wrong kind, or of no session."""

    code = "token_invalid"
    default_message = "The token is not valid"


class TokenExpired(NotSignedIn):
    """The access token is over; the client refreshes it."""

    code = "token_expired"
    default_message = "The token has expired"


class SessionRevoked(NotSignedIn):
    """The session was ended: by logout, by staff, by a changed password."""

    code = "session_revoked"
    default_message = "This session has ended. Sign in again"


class SessionNotFound(NotFound):
    """The caller has no such session."""


class SignedInButDisabled(NotSignedIn):
    """The account was disabled while its session was open."""

    code = "account_disabled"
    default_message = "This account is disabled"


class RefreshReused(NotSignedIn):
    """A refresh token that was used before came again: somebody holds a copy, so the session ends."""

    code = "refresh_reused"
    default_message = "This session has ended. Sign in again"


class WrongPassword(Invalid):
    """The password that a signed-in user has repeated is not his."""

    code = "wrong_password"
    default_message = "The password is wrong"


class ProofNeeded(Invalid):
    """The account has no password, so a fresh phone code or Google credential has to prove who asks."""

    code = "proof_needed"
    default_message = "This account has no password. Send a fresh verification_code or Google credential"


class LinkInvalid(Invalid):
    """The link of a mail is forged, over, or has been used."""

    code = "invalid_token"
    default_message = "This link is not valid any more. Ask for a new one"


class CodeInvalid(NotSignedIn):
    """The code is wrong, old, used, was tried too often, or was never sent; the answer does not say which."""

    code = "invalid_code"
    default_message = "The code is wrong or has expired"


class EmailNotVerified(Forbidden):
    """The address has not been proved."""

    code = "email_not_verified"
    default_message = "Confirm your e-mail address first"


class StaffNotLinked(Forbidden):
    """An account of staff is opened by its password alone."""

    code = "staff_not_linked"
    default_message = "Sign in with your password"


class StaffNotErased(Conflict):
    """The shop depends on this account: products name their seller, and logs name who acted."""

    code = "account_in_use"
    default_message = "Accounts of staff and sellers are closed by the shop. Please write to us"


class NoAddress(Conflict):
    """The account has no e-mail address."""

    code = "no_email"
    default_message = "This account has no e-mail address"


class AlreadyVerified(Conflict):
    """There is nothing left to prove."""

    code = "already_verified"
    default_message = "Your e-mail address is confirmed already"


class EmailInvalid(Invalid):
    """Not an address that the shop can write to."""

    code = "invalid_email"
    default_message = "Enter a valid e-mail address"


class PhoneInvalid(Invalid):
    """Not a number that a text message can be sent to."""

    code = "invalid_phone"
    default_message = "Enter a valid phone number with its country code, such as +13128059851"


class SmsNotConfigured(GatewayDown):
    """This shop sends no text messages."""

    code = "sms_not_configured"
    default_message = "Signing in by phone is not available"
    retry_after = 3600


class SmsUnavailable(GatewayDown):
    """The gateway did not take the message."""

    code = "sms_unavailable"
    default_message = "The text message could not be sent. Try again in a minute"
    retry_after = 60


class GoogleNotConfigured(GatewayDown):
    """GOOGLE_CLIENT_ID is not set, so there is no audience to hold a token to."""

    code = "google_not_configured"
    default_message = "Signing in with Google is not available"
    retry_after = 3600


class GoogleUnavailable(GatewayDown):
    """Google's certificates cannot be had."""

    code = "google_unavailable"
    default_message = "Google does not answer. Try again in a moment"


class GoogleTokenInvalid(NotSignedIn):
    """Not a token that Google made for this shop, or one that is over."""

    code = "google_token_invalid"
    default_message = "The Google sign-in could not be verified"
