"""Sends the e-mails about an account; `accounts/mail_texts.py` has their texts.

A job holds user and kind; tokens are created when it runs, so none is stored in the database.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts import links
from accounts.mail_texts import CHANGE_LABEL, RESET_LABEL, VERIFY_LABEL
from accounts.models import User
from core import mail, outbox
from core.mail_texts import messages

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
    to = job.to or user.email
    if to and _is_needed(user, job):
        filling = {"new_email": job.new_email} if job.new_email else {}
        messages.send(f"account_{job.kind}", to, filling, link=_build_link(user, job))


def _is_needed(user: User, job: EmailJob) -> bool:
    """Return whether the e-mail still says something true: an address may be confirmed or removed before the job runs."""
    return job.kind != "verify" or (user.email is not None and user.email_verified_at is None)


def _build_link(user: User, job: EmailJob) -> mail.Link | None:
    """Return the link of the e-mail, with a new token, if it has one."""
    if job.kind == "reset":
        uid, token = links.make_reset_params(user)
        return mail.Link(RESET_LABEL, links.build_page_url(settings.RESET_PAGE, uid=uid, token=token))
    if job.kind == "verify":
        claims = links.VerificationClaims(user.pk, user.email or "", is_change=False)
        return _build_verification_link(VERIFY_LABEL, claims)
    if job.kind == "email_change":
        claims = links.VerificationClaims(user.pk, job.new_email, is_change=True, state=job.state)
        return _build_verification_link(CHANGE_LABEL, claims)
    return None


def _build_verification_link(label: str, claims: links.VerificationClaims) -> mail.Link:
    return mail.Link(label, links.build_page_url(settings.VERIFY_PAGE, token=links.make_verification_token(claims)))
