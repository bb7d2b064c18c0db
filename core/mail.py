"""E-mails with one layout, as plain text and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


@dataclass(frozen=True, slots=True)
class Link:
    """The call to action of an e-mail."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """The content of an e-mail: subject, paragraphs, an optional link, and paragraphs after it."""

    subject: str
    before: Sequence[str]
    link: Link | None = None
    after: Sequence[str] = ()


def send(to: str, message: Message) -> None:
    """Send the message to one address. Raises OSError, SMTPException if the server does not accept it."""
    context = {"message": message, "shop": settings.SHOP_NAME}
    subject = " ".join(message.subject.split())  # line breaks would allow header injection
    headers = {"Auto-Submitted": "auto-generated"}  # RFC 3834: suppresses out-of-office replies
    mail = EmailMultiAlternatives(subject, render_to_string("mail/message.txt", context), to=[to], headers=headers)
    mail.attach_alternative(render_to_string("mail/message.html", context), "text/html")
    mail.send()
