"""Normalizing e-mail addresses. Addresses are only stored and compared in this form."""

from email_validator import EmailNotValidError, validate_email

from accounts.exceptions import EmailInvalid
from core.characters import strip_invisible


def normalize_email(text: str, *, field: str = "email") -> str:
    """Return the address in lower case, with its domain in ASCII (IDNA), without the marks of copied text around it.

    Raises EmailInvalid, also for a non-ASCII local part (look-alikes), an IP literal, or more than 254 characters (RFC 5321).
    """
    try:
        validated = validate_email(
            strip_invisible(text), allow_smtputf8=False, check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError:
        raise EmailInvalid(field=field) from None
    if validated.ascii_domain.rpartition(".")[2].isdigit():  # an IP address, not a domain
        raise EmailInvalid(field=field)
    return f"{validated.local_part}@{validated.ascii_domain}".lower()
