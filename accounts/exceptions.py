"""Errors of accounts."""

from core.exceptions import Conflict, Forbidden, GatewayDown, Invalid, NotFound, NotSignedIn


class EmailTaken(Invalid):
    """Another account has this address."""

    code = "email_taken"
    default_message = "An account with this e-mail address already exists"
    client_action = "Offer to sign in, or to reset the password."


class WeakPassword(Invalid):
    """The password is too short, too common or too much like the account's own data."""

    code = "weak_password"
    client_action = "Show the sentence at the password's field and let the user choose another."


class InvalidCredentials(NotSignedIn):
    """The address or the password is wrong; the response does not say which."""

    code = "invalid_credentials"
    default_message = "E-mail address or password is wrong"
    client_action = "Let the user correct address or password, or reset the password."


class AccountGone(NotSignedIn):
    """The account was erased during the request."""

    default_message = "This account no longer exists"


class AccountDisabled(Forbidden):
    """Staff disabled the account; only revealed to callers who know the password."""

    code = "account_disabled"
    default_message = "This account is disabled"
    client_action = "Show the message; the user has to contact the shop."


class TokenInvalid(NotSignedIn):
    """The token is malformed, forged, or of the wrong type."""

    code = "token_invalid"
    default_message = "The token is not valid"
    client_action = "Discard the token and sign in again; for guests, send no token."


class TokenExpired(NotSignedIn):
    """The token has expired; clients refresh the access token."""

    code = "token_expired"
    default_message = "The token has expired"
    client_action = "Call `auth/refresh/`, then repeat the request."


class SessionRevoked(NotSignedIn):
    """The session has ended: by logout, by staff, by a changed password, or because it expired."""

    code = "session_revoked"
    default_message = "This session has ended. Sign in again"
    client_action = "Discard the tokens and sign in again."


class SessionNotFound(NotFound):
    """The caller has no such session."""

    client_action = "Reload the list of sessions."


class SignedInButDisabled(NotSignedIn):
    """The account was disabled while its session was live."""

    code = "account_disabled"
    default_message = "This account is disabled"
    client_action = "Discard the tokens and show the message."


class RefreshReused(NotSignedIn):
    """A refresh token was used twice. Someone may have a copy, so the session ends."""

    code = "refresh_reused"
    default_message = "This session has ended. Sign in again"
    client_action = "Discard the tokens and sign in again; refresh in one place only."


class WrongPassword(Invalid):
    """The password that a signed-in user entered again is wrong."""

    code = "wrong_password"
    default_message = "The password is wrong"
    client_action = "Let the user type the password again."


class ProofNeeded(Invalid):
    """The account has no password, so a fresh phone code or Google credential is required."""

    code = "proof_needed"
    default_message = "This account has no password. Send a fresh verification_code or Google credential"
    client_action = "Get a fresh phone code or Google credential and send it along."


class LinkInvalid(Invalid):
    """The link from an e-mail is forged, expired, or was already used."""

    code = "invalid_token"
    default_message = "This link is no longer valid. Please request a new one"
    client_action = "Offer to request a new link."


class CodeInvalid(NotSignedIn):
    """The code is wrong, expired, used, was tried too often, or was never sent; the response does not say which."""

    code = "invalid_code"
    default_message = "The code is wrong or has expired"
    client_action = "Let the user type the code again, or request a new one."


class NewPhoneCodeInvalid(Invalid):
    """The code sent to the new number of an account is wrong, expired or used; the user stays signed in."""

    code = "invalid_code"
    default_message = "The code is wrong or has expired"
    client_action = "Let the user type the code again, or send a new one to the new number."


class PhoneTaken(Invalid):
    """Another account has this number; only told to someone who has received a code at it."""

    code = "phone_taken"
    default_message = "Another account has this phone number"
    client_action = "Offer to sign in to the other account with a code to this number."


class EmailNotVerified(Forbidden):
    """The e-mail address is not verified."""

    code = "email_not_verified"
    default_message = "Confirm your e-mail address first"
    client_action = "Ask the user to confirm the address, or to sign in another way."


class StaffNotLinked(Forbidden):
    """Staff accounts can only be signed in to with their password."""

    code = "staff_not_linked"
    default_message = "Sign in with your password"
    client_action = "Offer the sign-in by password."


class StaffNotErased(Conflict):
    """The shop depends on this account: products refer to their seller, and logs to the person who acted."""

    code = "account_in_use"
    default_message = "Accounts of staff and sellers can only be closed by the shop. Please contact us"
    client_action = "Show the message."


class NoAddress(Conflict):
    """The account has no e-mail address."""

    code = "no_email"
    default_message = "This account has no e-mail address"
    client_action = "Offer to add an e-mail address."


class AlreadyVerified(Conflict):
    """The e-mail address is already verified."""

    code = "already_verified"
    default_message = "Your e-mail address is already confirmed"
    client_action = "Reload the profile."


class EmailInvalid(Invalid):
    """Not an address that the shop can send e-mail to."""

    code = "invalid_email"
    default_message = "Enter a valid e-mail address"
    client_action = "Let the user correct the address."


class PhoneInvalid(Invalid):
    """Not a number that a text message can be sent to."""

    code = "invalid_phone"
    default_message = "Enter a valid phone number with its country code, such as +13128059851"
    client_action = "Let the user correct the number."


class SmsNotConfigured(GatewayDown):
    """This shop sends no text messages."""

    code = "sms_not_configured"
    default_message = "Signing in by phone is not available"
    client_action = "Do not offer this sign-in; `phone_sign_in` of `GET /api/config/` says so."
    retry_after = 3600


class SmsUnavailable(GatewayDown):
    """The gateway did not accept the message."""

    code = "sms_unavailable"
    default_message = "The text message could not be sent. Try again in a minute"
    client_action = "Let the user request the code again after `Retry-After` seconds."
    retry_after = 60


class GoogleNotConfigured(GatewayDown):
    """GOOGLE_CLIENT_ID is not set, so there is no audience to check tokens against."""

    code = "google_not_configured"
    default_message = "Signing in with Google is not available"
    client_action = "Do not offer this sign-in; `google_client_id` of `GET /api/config/` is null."
    retry_after = 3600


class GoogleUnavailable(GatewayDown):
    """Google's certificates cannot be fetched."""

    code = "google_unavailable"
    default_message = "Google is not responding. Try again in a moment"
    client_action = "Repeat the request after `Retry-After` seconds, or offer another sign-in."


class GoogleTokenInvalid(NotSignedIn):
    """The token was not issued by Google for this shop, or has expired."""

    code = "google_token_invalid"
    default_message = "The Google sign-in could not be verified"
    client_action = "Let the user sign in with Google again."
