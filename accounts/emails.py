"""E-mails about an account. A job holds user and kind; tokens are created when it runs, so none is stored in the database."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts import links
from accounts.models import User
from core import mail, outbox

JOB_KIND = "account_mail"


@dataclass(frozen=True, slots=True)
class EmailJob:
    """The payload of a job; `new_email` and `state` (`links.hash_account_state` at the request) are for a change of address."""

    kind: str
    user_id: int | None
    to: str = ""
    new_email: str = ""
    state: str = ""


def enqueue_email(kind: str, user_id: int | None, *, to: str = "", new_email: str = "", state: str = "") -> None:
    """Enqueue an e-mail to `to`, by default the user's address. Without a user (None) the job does nothing."""
    outbox.enqueue(JOB_KIND, {"kind": kind, "user_id": user_id, "to": to, "new_email": new_email, "state": state})


def delete_jobs(user_id: int) -> None:
    """Delete the user's jobs, pending and done: their payloads hold addresses."""
    outbox.delete_jobs(JOB_KIND, user_id=user_id)


def send_email(payload: dict[str, Any]) -> None:
    """Send the e-mail of a job, unless the account is gone or disabled or the e-mail is no longer needed."""
    job = EmailJob(**payload)
    user = User.objects.filter(pk=job.user_id).first() if job.user_id else None
    if user is None or not user.is_active:
        return
    message = BUILDERS[job.kind](user, job)
    to = job.to or user.email
    if message is not None and to:
        mail.send(to, message)


def _build_verification(user: User, job: EmailJob) -> mail.Message | None:
    if user.email is None or user.email_verified_at is not None:
        return None
    token = links.make_verification_token(links.VerificationClaims(user.pk, user.email, is_change=False))
    return mail.Message(
        f"Confirm your e-mail address for {settings.SHOP_NAME}",
        ["Please confirm that this address is yours. The link works for three days."],
        mail.Link("Confirm address", links.build_page_url(settings.VERIFY_PAGE, token=token)),
        ["If you did not sign up, you can ignore this e-mail."],
    )


def _build_reset(user: User, job: EmailJob) -> mail.Message:
    uid, token = links.make_reset_params(user)
    return mail.Message(
        f"Set a new password for {settings.SHOP_NAME}",
        ["Someone, hopefully you, asked to set a new password for your account. The link works once, for one hour."],
        mail.Link("Set a new password", links.build_page_url(settings.RESET_PAGE, uid=uid, token=token)),
        ["If it was not you, you can ignore this e-mail. Your password stays the same."],
    )


def _build_change(user: User, job: EmailJob) -> mail.Message:
    claims = links.VerificationClaims(user.pk, job.new_email, is_change=True, state=job.state)
    return mail.Message(
        f"Confirm your new e-mail address for {settings.SHOP_NAME}",
        [f"Please confirm {job.new_email} as the new e-mail address of your account. The link works for three days."],
        mail.Link("Confirm new address", links.build_page_url(settings.VERIFY_PAGE, token=links.make_verification_token(claims))),
        ["Until then, your account keeps its current address."],
    )


def _build_change_notice(user: User, job: EmailJob) -> mail.Message:
    return mail.Message(
        f"Your e-mail address at {settings.SHOP_NAME} is about to change",
        [f"Someone who is signed in to your account asked to change its e-mail address to {job.new_email}."],
        None,
        ["If it was not you, set a new password now. This also signs out every device."],
    )


def _build_password_changed(user: User, job: EmailJob) -> mail.Message:
    return mail.Message(
        f"Your password at {settings.SHOP_NAME} was changed",
        ["The password of your account was changed, and every other device was signed out."],
        None,
        ["If it was not you, reset your password on the sign-in page immediately."],
    )


def _build_handed_over(user: User, job: EmailJob) -> mail.Message:
    return mail.Message(
        f"Your password at {settings.SHOP_NAME} was changed",
        [
            "The password of your account was changed, and every device was signed out.",
            "The address of this account had never been confirmed before, so someone else may have created it.",
            "To be safe, we also removed its phone number, its saved addresses and every other way to sign in.",
        ],
        None,
        ["Your orders and your cart are unchanged."],
    )


def _build_google_linked(user: User, job: EmailJob) -> mail.Message:
    return mail.Message(
        f"Your Google account is linked to {settings.SHOP_NAME}",
        ["You can now sign in to your account in our shop with Google."],
        None,
        ["If it was not you, set a new password and contact us."],
    )


def _build_identity_reset(user: User, job: EmailJob) -> mail.Message:
    return mail.Message(
        f"We have secured your account at {settings.SHOP_NAME}",
        [
            "You signed in with Google. An account with your address already existed, but the address had never been confirmed.",
            "To be safe, we removed its password, phone number and saved addresses, and signed out every device.",
        ],
        None,
        ["Your orders and your cart are unchanged."],
    )


BUILDERS = {
    "verify": _build_verification,
    "reset": _build_reset,
    "email_change": _build_change,
    "email_change_notice": _build_change_notice,
    "password_changed": _build_password_changed,
    "handed_over": _build_handed_over,
    "google_linked": _build_google_linked,
    "identity_reset": _build_identity_reset,
}
