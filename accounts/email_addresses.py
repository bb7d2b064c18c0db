"""The normal form of an e-mail address: addresses are stored and compared in it alone."""

from email_validator import EmailNotValidError, validate_email

from accounts.exceptions import EmailInvalid


def normalised(text: str, *, field: str = "email") -> str:
    """Return the address in lower case, its domain in ASCII (IDNA).

    Raises EmailInvalid: a local part outside of ASCII (look-alikes), an IP literal, more than 254 characters (RFC 5321).
    """
    try:
        checked = validate_email(text.strip(), allow_smtputf8=False, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise EmailInvalid(field=field) from None
    if checked.ascii_domain.rpartition(".")[2].isdigit():  # an address of a machine, not of a domain
        raise EmailInvalid(field=field)
    return f"{checked.local_part}@{checked.ascii_domain}".lower()
