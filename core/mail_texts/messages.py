"""E-mails with the texts of the merchant, or with the default texts if none are stored."""

import logging
import re
from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError

from core import mail
from core.mail_texts import placeholders
from core.mail_texts.kinds import KINDS, PARTS, MailKind, MailText
from core.shop_settings import shop, values
from core.shop_settings.definitions import DEFINITIONS
from core.shop_settings.values import Values

logger = logging.getLogger("shop.mail")


def send(
    kind: str, to: str, filling: Mapping[str, str] | None = None, *, details: Sequence[str] = (), link: mail.Link | None = None
) -> None:
    """Send an e-mail of this kind, with the values of its placeholders, and paragraphs and a link after its intro.

    Raises OSError, SMTPException if the server does not accept it.
    """
    stored = values.read()
    text = _get_text(KINDS[kind], stored)
    mail.send(to, _build_message(text, filling or {}, stored, details=details, link=link), stored)


def build_example(kind: MailKind, text: MailText, stored: Values) -> mail.Message:
    """Return the e-mail with this text and example values, for a preview or a test."""
    filling = {placeholder.name: placeholder.example for placeholder in kind.placeholders}
    return _build_message(text, filling, stored, details=kind.example_details, link=kind.example_link)


def _get_text(kind: MailKind, stored: Values) -> MailText:
    """Return the stored text. A text with a placeholder that this version does not have is replaced by the default."""
    parts: dict[str, str] = {}
    for part in PARTS:
        definition = DEFINITIONS[kind.get_setting_name(part)]
        parts[part] = stored.get(definition)
        try:
            placeholders.check(parts[part], [placeholder.name for placeholder in kind.all_placeholders])
        except ValidationError as error:
            logger.warning("the %s of the e-mail %s is the default: %s", part, kind.name, error.message)
            parts[part] = definition.get_default()
    return MailText(**parts)


def _build_message(
    text: MailText, filling: Mapping[str, str], stored: Values, *, details: Sequence[str], link: mail.Link | None
) -> mail.Message:
    filling = {**filling, "shop": stored.get(shop.SHOP_NAME)}
    intro, closing = (_split_paragraphs(placeholders.fill(part, filling)) for part in (text.intro, text.closing))
    return mail.Message(placeholders.fill(text.subject, filling), [*intro, *details], link, closing)


def _split_paragraphs(text: str) -> list[str]:
    """Return the paragraphs; the space before a placeholder without a value is removed."""
    return [re.sub(r" +(?=\n|$)", "", paragraph.strip()) for paragraph in re.split(r"\n[ \t]*\n", text) if paragraph.strip()]
