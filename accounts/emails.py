"""Mails about an account. A job names user and kind; the token is made when the mail is written, so none lies in the database."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts import links
from accounts.models import User
from core import mail, outbox

JOB = "account_mail"


@dataclass(frozen=True, slots=True)
class Owed:
    """A mail that a job owes: to whom, of which kind; for a change of address the new one, and `links.state_of` at the asking."""

    kind: str
    user_id: int | None
    to: str = ""
    new_email: str = ""
    state: str = ""


def owe(kind: str, user_id: int | None, *, to: str = "", new_email: str = "", state: str = "") -> None:
    """Owe a mail to the user's own address, or to the one he had or will have. For nobody (None) it is work without effect."""
    outbox.add(JOB, {"kind": kind, "user_id": user_id, "to": to, "new_email": new_email, "state": state})


def forget(user_id: int) -> None:
    """Delete what is owed to the user, and what was: the rows hold addresses."""
    outbox.forget(JOB, user_id=user_id)


def send(payload: dict[str, Any]) -> None:
    """Write and send what a job owes; nothing where the account is gone, disabled, or the reason has passed."""
    owed = Owed(**payload)
    user = User.objects.filter(pk=owed.user_id).first() if owed.user_id else None
    if user is None or not user.is_active:
        return
    message = WRITERS[owed.kind](user, owed)
    to = owed.to or user.email
    if message is not None and to:
        mail.send(to, message)


def _verify(user: User, owed: Owed) -> mail.Message | None:
    if user.email is None or user.email_verified_at is not None:
        return None
    token = links.verify_token(links.Address(user.pk, user.email, is_change=False))
    return mail.Message(
        f"Confirm your e-mail address for {settings.SHOP_NAME}",
        ["Please confirm that this address is yours. The link works for three days."],
        mail.Link("Confirm address", links.page(settings.VERIFY_PAGE, token=token)),
        ["If you have not signed up, you can ignore this mail."],
    )


def _reset(user: User, owed: Owed) -> mail.Message:
    uid, token = links.reset_parts(user)
    return mail.Message(
        f"Set a new password for {settings.SHOP_NAME}",
        ["Somebody, hopefully you, has asked to set a new password for your account. The link works for one hour, once."],
        mail.Link("Set a new password", links.page(settings.RESET_PAGE, uid=uid, token=token)),
        ["If it was not you, ignore this mail: your password stays as it is."],
    )


def _change(user: User, owed: Owed) -> mail.Message:
    address = links.Address(user.pk, owed.new_email, is_change=True, state=owed.state)
    return mail.Message(
        f"Confirm your new e-mail address for {settings.SHOP_NAME}",
        [f"Confirm that {owed.new_email} shall be the address of your account. The link works for three days."],
        mail.Link("Confirm new address", links.page(settings.VERIFY_PAGE, token=links.verify_token(address))),
        ["Until then your account keeps the address that it has."],
    )


def _change_notice(user: User, owed: Owed) -> mail.Message:
    return mail.Message(
        f"Your e-mail address at {settings.SHOP_NAME} is about to change",
        [f"Somebody who is signed in to your account has asked to change the address of your account to {owed.new_email}."],
        None,
        ["If it was not you, set a new password now: that also signs out every device."],
    )


def _password_changed(user: User, owed: Owed) -> mail.Message:
    return mail.Message(
        f"Your password at {settings.SHOP_NAME} was changed",
        ["The password of your account was changed, and every other device was signed out."],
        None,
        ["If it was not you, ask for a new password on the sign-in page at once."],
    )


def _google_linked(user: User, owed: Owed) -> mail.Message:
    return mail.Message(
        f"Signing in with Google to {settings.SHOP_NAME}",
        ["Your Google account now opens your account in our shop."],
        None,
        ["If it was not you, set a new password and tell us."],
    )


def _identity_reset(user: User, owed: Owed) -> mail.Message:
    return mail.Message(
        f"Your account at {settings.SHOP_NAME} is yours alone now",
        [
            "You have signed in with Google. An account with your address was there already, and nobody had confirmed it.",
            "To be safe we have removed its password, its phone number and its saved addresses and signed out every device.",
        ],
        None,
        ["Your orders and your cart are as they were."],
    )


WRITERS = {
    "verify": _verify,
    "reset": _reset,
    "email_change": _change,
    "email_change_notice": _change_notice,
    "password_changed": _password_changed,
    "google_linked": _google_linked,
    "identity_reset": _identity_reset,
}
