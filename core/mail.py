"""Mails: one layout, as plain text and as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


@dataclass(frozen=True, slots=True)
class Link:
    """The one thing that the reader is asked to do."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a mail says: a subject, paragraphs, perhaps a link, and paragraphs after it."""

    subject: str
    before: Sequence[str]
    link: Link | None = None
    after: Sequence[str] = ()


def send(to: str, message: Message) -> None:
    """Send the message to one address. Raises OSError, SMTPException where the server does not take it."""
    said = {"message": message, "shop": settings.SHOP_NAME}
    subject = " ".join(message.subject.split())  # no line break, so no header of somebody's own
    headers = {"Auto-Submitted": "auto-generated"}  # RFC 3834: no out-of-office reply, please
    mail = EmailMultiAlternatives(subject, render_to_string("mail/message.txt", said), to=[to], headers=headers)
    mail.attach_alternative(render_to_string("mail/message.html", said), "text/html")
    mail.send()
