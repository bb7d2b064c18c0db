"""Sending an e-mail about an order again. The outbox knows the e-mails of the last days (`outbox.DONE_RETENTION`)."""

from uuid import uuid4

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


def list_emails(order: Order) -> list[Job]:
    """Return the jobs of the e-mails to the buyer, newest first."""
    jobs = Job.objects.filter(kind=notifications.CUSTOMER_EMAIL_JOB, dedupe_key__startswith=f"{order.number}:")
    return list(jobs.order_by("-pk"))


def get_title(order: Order, job: Job) -> str:
    """Return what an e-mail is about, as the settings call it."""
    return KINDS[emails.get_mail_kind(order, job.payload)].title


@transaction.atomic
def resend_email(actor: Actor, order_id: int, job_id: int) -> str:
    """Enqueue an e-mail to the buyer again, and record that; return its title. Raises OrderNotFound, InvalidTransition."""
    order = lock_order(order_id)
    job = next((job for job in list_emails(order) if job.pk == job_id), None)
    if job is None or not order.email:
        raise InvalidTransition("This e-mail can no longer be sent")
    title = get_title(order, job)
    transitions.record_event(order, "mail_resent", actor, mail=title)
    outbox.enqueue(job.kind, job.payload, dedupe_key=f"{order.number}:resent:{uuid4()}")
    return title
