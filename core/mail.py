"""E-mails with one layout, as plain text and HTML, from the shop and with its postal address and contact data."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from core.shop_settings import shop, values
from core.shop_settings.values import Values


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


def send(to: str, message: Message, stored: Values | None = None) -> None:
    """Send the message to one address. Raises OSError, SMTPException if the server does not accept it."""
    build_email(to, message, values.read() if stored is None else stored).send()


def build_email(to: str, message: Message, stored: Values) -> EmailMultiAlternatives:
    """Return the e-mail from the shop that these settings describe; replies go to its contact address."""
    profile = shop.get_profile(stored)
    mail = EmailMultiAlternatives(
        " ".join(message.subject.split()),  # line breaks would allow header injection
        render_to_string("mail/message.txt", {"message": message, "shop": profile}),
        from_email=_build_sender(stored),
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834: suppresses out-of-office replies
        reply_to=[profile.email] if profile.email else None,
    )
    mail.attach_alternative(render_html(message, stored), "text/html")
    return mail


def render_html(message: Message, stored: Values) -> str:
    """Return the HTML of a message."""
    return render_to_string("mail/message.html", {"message": message, "shop": shop.get_profile(stored)})


def _build_sender(stored: Values) -> str:
    """Return the operator's sender address with the name that staff have set."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1] or settings.DEFAULT_FROM_EMAIL
    name = stored.get(shop.SENDER_NAME)
    return formataddr((name, address)) if name else address
