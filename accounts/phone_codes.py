"""One-time codes by text message, with a limit of tries that also holds for concurrent callers."""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import events
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountDisabled, CodeInvalid
from accounts.gateways import sms
from accounts.models import PhoneCode, PhoneCodeTry, User
from core import rate_limits
from core.characters import fold_digits
from core.shop_settings.shop import get_shop_name

CODE_LIFETIME = timedelta(minutes=5)
MAX_TRIES_PER_CALLER = 5
MAX_TRIES = 10  # by all callers together
CODE_DIGITS = 6
SEPARATORS = ("Z", "P", "Cf")  # categories of Unicode
MINUS = "\N{MINUS SIGN}"  # typed for a hyphen, but a mathematical symbol to Unicode


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a code is for, if not for the account: as the text message says it, and the one thing that the code confirms."""

    text: str
    reference: str


def send_code(phone: str, client: ClientInfo, purpose: Purpose | None = None) -> None:
    """Send a new code to a number (E.164), with or without an account; earlier codes become invalid.

    A code with a purpose does not sign in: nobody can be talked into giving away their account with it.
    Raises SmsNotConfigured, SmsUnavailable, TooManyRequests.
    """
    sms.get_backend()
    rate_limits.count_call("code_send_ip", rate_limits.get_caller_key(client.ip))
    rate_limits.count_call("code_send", events.hash_contact(phone))
    rate_limits.count_call("code_send_all")
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    salt = secrets.token_hex(16)
    with transaction.atomic():
        PhoneCode.objects.filter(phone=phone).delete()
        PhoneCode.objects.create(
            phone=phone,
            salt=salt,
            code_mac=_compute_mac(salt, phone, code, settings.OTP_PEPPER, purpose),
            expires_at=timezone.now() + CODE_LIFETIME,
            ip=client.ip,
        )
        events.record_event(events.Event.CODE_SENT, client, phone=events.hash_contact(phone))
    use = f"{purpose.text} at" if purpose else "for"
    sms.send_sms(phone, f"{code} is your code {use} {get_shop_name()}. It is valid for five minutes. Never share it with anyone.")


def normalize_code(text: str) -> str:
    """Return a code without spaces, punctuation and invisible characters (Unicode's Z, P, Cf), with its digits in ASCII.

    People copy codes as they see them: `123 456`, `123-456.`, in full-width or Arabic-Indic digits, with direction marks.
    A control character stays, so that a code with one is refused.
    """
    kept = (char for char in text if not (char.isspace() or char == MINUS or unicodedata.category(char).startswith(SEPARATORS)))
    return fold_digits("".join(kept))


def is_well_formed(code: str) -> bool:
    """Return whether a normalized code can be a code at all."""
    return len(code) == CODE_DIGITS and code.isascii() and code.isdigit()


def authenticate_by_code(phone: str, code: str, client: ClientInfo) -> User:
    """Return the user of this number, creating an account if needed.

    Staff, and accounts with a password whose number was never confirmed, are refused like a wrong code: text messages can be
    intercepted (NIST SP 800-63B §5.1.3.3), and a number that nobody confirmed may be mistyped. Raises CodeInvalid,
    AccountDisabled, TooManyRequests.
    """
    if not is_well_formed(code):
        raise CodeInvalid
    rate_limits.count_call("code_verify", events.hash_contact(phone))
    redeem_code(phone, code, client)
    user, is_new = User.objects.get_or_create(phone=phone, defaults={"password": make_unusable_password(), "market": client.market})
    if is_new:
        events.record_event(events.Event.REGISTER, client, user_id=user.pk, method="phone")
    if user.is_privileged:
        raise _refuse_user(user, client)
    if not user.is_active:
        raise AccountDisabled
    if user.phone_verified_at is None and user.has_usable_password():
        raise _refuse_user(user, client)
    user.last_login = timezone.now()
    user.phone_verified_at = user.phone_verified_at or user.last_login
    User.objects.filter(pk=user.pk).update(phone_verified_at=user.phone_verified_at, last_login=user.last_login)
    return user


def _refuse_user(user: User, client: ClientInfo) -> CodeInvalid:
    """Record that a correct code was refused, and return the refusal."""
    events.record_event(events.Event.CODE_FAILED, client, user_id=user.pk, phone=events.hash_contact(user.phone or ""))
    return CodeInvalid()


def redeem_code(phone: str, code: str, client: ClientInfo, purpose: Purpose | None = None) -> None:
    """Redeem the latest code of this number, which was sent for this purpose.

    Raises CodeInvalid for any reason: wrong, expired, used, too many tries, none sent, or sent for something else.

    A try is counted before the code is compared, by one conditional UPDATE that enforces the limit. Counts are never undone.
    A malformed code is refused without counting.
    """
    if not is_well_formed(code):
        raise CodeInvalid
    phone_code = PhoneCode.objects.filter(phone=phone).order_by("-pk").first()
    is_allowed = phone_code is not None and _count_try(phone_code, rate_limits.get_caller_key(client.ip))
    if phone_code is None or not is_allowed or not _is_correct(phone_code, code, purpose) or not _mark_used(phone_code):
        events.record_event(events.Event.CODE_FAILED, client, phone=events.hash_contact(phone))
        raise CodeInvalid


def _mark_used(phone_code: PhoneCode) -> bool:
    """Mark the code as used; return False if another request has just done so."""
    return bool(PhoneCode.objects.filter(pk=phone_code.pk, used_at=None).update(used_at=timezone.now()))


def _count_try(phone_code: PhoneCode, caller: str) -> bool:
    try:
        with transaction.atomic():
            PhoneCodeTry.objects.bulk_create([PhoneCodeTry(code=phone_code, caller=caller)], ignore_conflicts=True)
    except IntegrityError:  # a newer code has just replaced it
        return False
    tries = PhoneCodeTry.objects.filter(code=phone_code, caller=caller, attempts__lt=MAX_TRIES_PER_CALLER)
    if not tries.update(attempts=F("attempts") + 1):
        return False
    codes = PhoneCode.objects.filter(pk=phone_code.pk, used_at=None, expires_at__gt=timezone.now(), attempts__lt=MAX_TRIES)
    return bool(codes.update(attempts=F("attempts") + 1))


def _is_correct(phone_code: PhoneCode, code: str, purpose: Purpose | None) -> bool:
    peppers = (settings.OTP_PEPPER, *settings.OTP_PEPPER_FALLBACKS)
    macs = (_compute_mac(phone_code.salt, phone_code.phone, code, pepper, purpose) for pepper in peppers)
    return any(hmac.compare_digest(phone_code.code_mac, mac) for mac in macs)


def _compute_mac(salt: str, phone: str, code: str, pepper: str, purpose: Purpose | None) -> str:
    """Return the stored HMAC. A slow hash would not protect a million values; the pepper is not in the database."""
    parts = (salt, phone, code, purpose.reference) if purpose else (salt, phone, code)
    return hmac.new(pepper.encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()


def make_unusable_password() -> str:
    """Return a password hash that matches no password."""
    user = User()
    user.set_unusable_password()
    return user.password
