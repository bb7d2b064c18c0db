"""The e-mail backend of development: prints e-mails as people read them, so that a link can be copied."""

import unicodedata
from email.header import decode_header, make_header

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend as ConsoleBackend

RULE = "-" * 79


class EmailBackend(ConsoleBackend):
    """Prints sender, recipient, subject and plain text without any encoding; the HTML part is left out."""

    def write_message(self, message: EmailMessage) -> None:
        """Print an e-mail."""
        headers = [
            f"From: {make_header(decode_header(message.from_email))}",
            f"To: {', '.join(message.recipients())}",
            f"Subject: {message.subject}",
        ]
        if message.reply_to:
            headers.insert(1, f"Reply-To: {', '.join(message.reply_to)}")
        text = "\n".join([RULE, *headers, "", str(message.body).rstrip(), ""])
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        self.stream.write(_remove_controls(text).encode(encoding, "replace").decode(encoding))


def _remove_controls(text: str) -> str:
    """Return the text without control characters, which could rewrite what the terminal shows."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
