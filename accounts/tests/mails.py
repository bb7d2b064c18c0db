"""The mails that the shop sends, for tests: owed jobs are done, and links are read as the shop front reads them."""

import re
from urllib.parse import parse_qsl, urlsplit

from django.core import mail

from core import outbox


def sent() -> list[mail.EmailMultiAlternatives]:
    """Do the owed jobs and return every mail that was sent since the last call."""
    _, failed = outbox.run_due()
    assert failed == 0
    mails = list(mail.outbox)
    mail.outbox.clear()
    return [message for message in mails if isinstance(message, mail.EmailMultiAlternatives)]


def link(message: mail.EmailMultiAlternatives) -> tuple[str, dict[str, str]]:
    """Return the page that a mail's link opens, and what stands in its fragment."""
    (url,) = re.findall(r"^http\S+$", str(message.body), re.MULTILINE)
    parts = urlsplit(url)
    assert not parts.query
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.fragment))


def one_link(to: str) -> dict[str, str]:
    """Return what the link in the one new mail to this address says; mails without a link do not count."""
    found = [message for message in sent() if message.to == [to] and "http" in str(message.body)]
    assert len(found) == 1
    return link(found[0])[1]
