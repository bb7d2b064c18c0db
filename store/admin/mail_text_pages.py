"""What the pages of e-mail texts show and do: the list, the preview, and the test."""

from smtplib import SMTPException
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core import mail
from core.admin import INFO, render_badge
from core.mail_texts.kinds import KINDS, PARTS, MailKind, MailText
from core.mail_texts.messages import build_example
from core.shop_settings import values
from core.shop_settings.definitions import list_page
from store.admin.settings_form import SettingsForm

MailResult = tuple[int, str]  # a message level of Django, and a sentence


def build_list() -> dict[str, Any]:
    """Return all kinds of e-mails as a table, with links to their pages."""
    stored = values.read()
    rows = []
    for kind in KINDS.values():
        definitions = list_page(kind.page)
        link = format_html('<a class="text-link" href="{}">{}</a>', get_url(kind), kind.title)
        is_changed = any(stored.is_stored(definition) for definition in definitions)
        rows.append([link, kind.recipient, stored.get(definitions[0]), render_badge("changed", INFO) if is_changed else "default"])
    return {"headers": ["E-mail", "Recipient", "Subject", "Text"], "rows": rows}


def get_url(kind: MailKind) -> str:
    """Return the page of a kind of e-mail."""
    return reverse("admin:core_shopsetting_mail", args=[kind.name])


def build_preview(kind: MailKind, form: SettingsForm) -> dict[str, str]:
    """Return the subject and the HTML of the e-mail with the entered text, as it would be sent."""
    message = build_example(kind, _get_entered_text(kind, form), form.stored)
    return {"subject": " ".join(message.subject.split()), "html": mail.render_html(message, form.stored)}


def send_test(request: HttpRequest, kind: MailKind, form: SettingsForm) -> MailResult:
    """Send the e-mail with the entered text and example values to the member of staff, at once."""
    to = request.user.get_username()  # staff sign in by their e-mail address
    message = build_example(kind, _get_entered_text(kind, form), form.stored)
    try:
        mail.send(to, mail.Message(f"Test: {message.subject}", message.before, message.link, message.after), form.stored)
    except (OSError, SMTPException) as error:
        return messages.ERROR, f"The mail server did not accept the test: {error}"
    return messages.SUCCESS, f"The test was sent to {to}. It has the text that you see; Save keeps it."


def _get_entered_text(kind: MailKind, form: SettingsForm) -> MailText:
    return MailText(*(form.cleaned_data[kind.get_setting_name(part)] for part in PARTS))
