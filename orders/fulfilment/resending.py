"""Sending an e-mail about an order again. The outbox knows the e-mails of the last days (`outbox.DONE_RETENTION`)."""

from uuid import UUID, uuid4

from django.db import transaction

from core import outbox
from core.actors import Actor
from core.mail_texts.kinds import KINDS
from core.models import Job
from orders import emails
from orders.exceptions import InvalidTransition
from orders.models import Order
from orders.state import notifications, transitions
from orders.state.locking import lock_order

RESENT_EVENT = "mail_resent"


def list_emails(order: Order) -> list[Job]:
    """Return the jobs of the e-mails to the buyer, newest first."""
    jobs = Job.objects.filter(kind=notifications.CUSTOMER_EMAIL_JOB, dedupe_key__startswith=f"{order.number}:")
    return list(jobs.order_by("-pk"))


def get_title(order: Order, job: Job) -> str:
    """Return what an e-mail is about, as the settings call it; of a kind that they do not know, its name."""
    kind = emails.get_mail_kind(order, job.payload)
    return KINDS[kind].title if kind in KINDS else kind.replace("_", " ").capitalize()


@transaction.atomic
def resend_email(actor: Actor, order_id: int, job_id: int, *, submission: UUID | None = None) -> str:
    """Enqueue an e-mail to the buyer again, once for each `submission`, and record that; return its title.

    Raises OrderNotFound, InvalidTransition.
    """
    order = lock_order(order_id)
    job = next((job for job in list_emails(order) if job.pk == job_id), None)
    if job is None or not order.email or emails.is_outdated(order, job.payload):
        raise InvalidTransition("This e-mail can no longer be sent")
    title = get_title(order, job)
    if not transitions.has_recorded(order, RESENT_EVENT, submission):
        transitions.record_event(order, RESENT_EVENT, actor, mail=title, **transitions.get_submission_data(submission))
        outbox.enqueue(job.kind, job.payload, dedupe_key=f"{order.number}:resent:{submission or uuid4()}")
    return title
