"""Codes by text message: made, sent, and used once, with a limit of tries that holds for callers at the same moment too."""

import hashlib
import hmac
import secrets
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

LIFETIME = timedelta(minutes=5)
TRIES_OF_ONE = 5  # by one caller
TRIES_OF_ALL = 10  # by everybody together
DIGITS = 6


def send(phone: str, place: ClientInfo) -> None:
    """Send a new code to this number (E.164), whether it has an account or not; the one before is void.

    Raises SmsNotConfigured, SmsUnavailable, TooManyRequests.
    """
    sms.chosen()
    rate_limits.count("code_send_ip", rate_limits.caller_key(place.ip))
    rate_limits.count("code_send", events.masked(phone))
    rate_limits.count("code_send_all")
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    salt = secrets.token_hex(16)
    with transaction.atomic():
        PhoneCode.objects.filter(phone=phone).delete()
        PhoneCode.objects.create(
            phone=phone, salt=salt, code_mac=_mac(salt, phone, code), expires_at=timezone.now() + LIFETIME, ip=place.ip
        )
        events.record(events.Event.CODE_SENT, place, phone=events.masked(phone))
    sms.send(phone, f"{code} is your code for {settings.SHOP_NAME}. It holds for five minutes. Never tell it to anybody.")


def sign_in(phone: str, code: str, place: ClientInfo) -> User:
    """Return the user of this number, who is made where there is none. Raises CodeInvalid, AccountDisabled, TooManyRequests."""
    rate_limits.count("code_verify", events.masked(phone))
    use(phone, code, place)
    user, is_new = User.objects.get_or_create(phone=phone, defaults={"password": unusable(), "market": place.market})
    if is_new:
        events.record(events.Event.REGISTER, place, user_id=user.pk, method="phone")
    if not user.is_active:
        raise AccountDisabled
    user.last_login = timezone.now()
    user.phone_verified_at = user.phone_verified_at or user.last_login
    User.objects.filter(pk=user.pk).update(phone_verified_at=user.phone_verified_at, last_login=user.last_login)
    return user


def use(phone: str, code: str, place: ClientInfo) -> None:
    """Use the newest code of this number up. Raises CodeInvalid for every reason alike: wrong, old, used, too many tries, none.

    A try is counted before it is looked at, each time by one UPDATE that holds the limit; those counts stay whatever comes after.
    """
    newest = PhoneCode.objects.filter(phone=phone).order_by("-pk").first()
    may_try = newest is not None and _may_try(newest, rate_limits.caller_key(place.ip))
    if newest is None or not may_try or not _is_right(newest, code) or not _use_up(newest):
        events.record(events.Event.CODE_FAILED, place, phone=events.masked(phone))
        raise CodeInvalid


def _use_up(newest: PhoneCode) -> bool:
    """Take the code; False where another call has just done so."""
    return bool(PhoneCode.objects.filter(pk=newest.pk, used_at=None).update(used_at=timezone.now()))


def _may_try(newest: PhoneCode, caller: str) -> bool:
    try:
        with transaction.atomic():
            PhoneCodeTry.objects.bulk_create([PhoneCodeTry(code=newest, caller=caller)], ignore_conflicts=True)
    except IntegrityError:  # a newer code has just taken its place
        return False
    mine = PhoneCodeTry.objects.filter(code=newest, caller=caller, attempts__lt=TRIES_OF_ONE)
    if not mine.update(attempts=F("attempts") + 1):
        return False
    live = PhoneCode.objects.filter(pk=newest.pk, used_at=None, expires_at__gt=timezone.now(), attempts__lt=TRIES_OF_ALL)
    return bool(live.update(attempts=F("attempts") + 1))


def _is_right(newest: PhoneCode, code: str) -> bool:
    return hmac.compare_digest(newest.code_mac, _mac(newest.salt, newest.phone, code))


def _mac(salt: str, phone: str, code: str) -> str:
    """Return what is kept of a code. A slow hash buys nothing for a million values; the pepper lies outside of the database."""
    return hmac.new(settings.OTP_PEPPER.encode(), f"{salt}|{phone}|{code}".encode(), hashlib.sha256).hexdigest()


def unusable() -> str:
    """Return a password hash that no password fits."""
    user = User()
    user.set_unusable_password()
    return user.password
