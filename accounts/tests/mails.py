"""Sent e-mails for tests: runs pending jobs, and reads links the way the shop front does."""

import re
from urllib.parse import parse_qsl, urlsplit

from django.core import mail

from core import outbox


def send_pending_emails() -> list[mail.EmailMultiAlternatives]:
    """Run the pending jobs and return every e-mail sent since the last call."""
    _, failed = outbox.run_due()
    assert failed == 0
    mails = list(mail.outbox)
    mail.outbox.clear()
    return [message for message in mails if isinstance(message, mail.EmailMultiAlternatives)]


def get_link(message: mail.EmailMultiAlternatives) -> tuple[str, dict[str, str]]:
    """Return the page URL of an e-mail's link and the parameters in its fragment."""
    (url,) = re.findall(r"^http\S+$", str(message.body), re.MULTILINE)
    parts = urlsplit(url)
    assert not parts.query
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.fragment))


def get_link_params(to: str) -> dict[str, str]:
    """Return the parameters of the link in the only new e-mail to this address; e-mails without a link are ignored."""
    messages = [message for message in send_pending_emails() if message.to == [to] and "http" in str(message.body)]
    assert len(messages) == 1
    return get_link(messages[0])[1]
