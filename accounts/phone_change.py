"""Changing the phone number of an account, or adding one."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import emails, events, passwords, phone_codes
from accounts.client_info import ClientInfo
from accounts.exceptions import CodeInvalid, NewPhoneCodeInvalid, PhoneTaken, SessionRevoked
from accounts.models import User
from core import rate_limits


def change_phone(user: User, new_phone: str, code: str, proof: passwords.Proof, client: ClientInfo) -> User:
    """Store a number (E.164) as the user's confirmed one; the code was sent to it. The user's e-mail address gets a notice.

    The proof comes first: a stolen token alone can neither try codes nor learn which numbers have an account. Raises
    NewPhoneCodeInvalid, PhoneTaken, SessionRevoked, what `passwords.check_proof` raises, TooManyRequests.
    """
    passwords.check_proof(user, proof, client)
    rate_limits.count_call("code_verify", events.hash_contact(new_phone))
    try:
        phone_codes.redeem_code(new_phone, code, client)
    except CodeInvalid:
        raise NewPhoneCodeInvalid(field="new_phone_code") from None
    try:
        return _save_phone(user, new_phone, client)
    except IntegrityError:
        raise PhoneTaken(field="new_phone") from None


@transaction.atomic
def _save_phone(user: User, new_phone: str, client: ClientInfo) -> User:
    user.phone, user.phone_verified_at = new_phone, timezone.now()
    # The proof was checked without a lock. Meanwhile the account may have been given to its rightful owner, banned or erased.
    still_signed_in = User.objects.filter(pk=user.pk, signed_out_at=user.signed_out_at, is_active=True)
    if not still_signed_in.update(phone=user.phone, phone_verified_at=user.phone_verified_at):
        raise SessionRevoked
    events.record_event(events.Event.PHONE_CHANGED, client, user_id=user.pk, phone=events.hash_contact(new_phone))
    emails.enqueue_email("phone_changed", user.pk)
    return user
