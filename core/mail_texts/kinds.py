"""The registry of the e-mails that the shop sends. Each app registers its own, with their default texts, when it is imported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django import forms

from core.mail import Link
from core.mail_texts import placeholders
from core.shop_settings.definitions import Definition, define
from core.shop_settings.fields import LineField, LinesField


@dataclass(frozen=True, slots=True)
class MailText:
    """What the merchant can edit: the subject, and the paragraphs before and after the details, parted by blank lines."""

    subject: str
    intro: str
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that the text may contain as {name}, with an example for the preview."""

    name: str
    description: str
    example: str


SHOP = Placeholder("shop", "the name of the shop", "")  # its example is the name itself


@dataclass(frozen=True, slots=True)
class MailKind:
    """A kind of e-mail, such as "order_shipped". The paragraphs `example_details` and the link are part of the preview."""

    name: str
    title: str
    recipient: str
    text: MailText
    placeholders: Sequence[Placeholder] = ()
    example_details: Sequence[str] = ()
    example_link: Link | None = None

    @property
    def all_placeholders(self) -> list[Placeholder]:
        """The placeholders of this kind, and those of every kind."""
        return [*self.placeholders, SHOP]

    @property
    def page(self) -> str:
        """The page of the settings that hold the text."""
        return f"mail:{self.name}"

    def get_setting_name(self, part: str) -> str:
        """Return the name of the setting that holds the subject, intro or closing."""
        return f"mail.{self.name}.{part}"


KINDS: dict[str, MailKind] = {}
PARTS = ("subject", "intro", "closing")  # the fields of MailText
_FIELDS: dict[str, Callable[[], forms.Field]] = {
    "subject": partial(LineField, max_length=150),
    "intro": partial(LinesField, max_length=3000, rows=6),
    "closing": partial(LinesField, max_length=3000, rows=4, required=False),
}
_HELP_TEXTS = {
    "subject": "",
    "intro": "The paragraphs before the details and the link. A blank line begins a new paragraph.",
    "closing": "The paragraphs after them. May be empty.",
}


def register(*kinds: MailKind) -> None:
    """Register kinds of e-mails, and their texts as settings. Raises ValueError, and ValidationError for a wrong default text."""
    for kind in kinds:
        KINDS[kind.name] = kind
        for part in PARTS:
            default = getattr(kind.text, part)
            define(_build_definition(kind, part, default)).clean(default)


def _build_definition(kind: MailKind, part: str, default: str) -> Definition[str]:
    names = [placeholder.name for placeholder in kind.all_placeholders]

    def make_field() -> forms.Field:
        field = _FIELDS[part]()
        field.validators.append(partial(placeholders.check, names=names))
        return field

    return Definition(
        name=kind.get_setting_name(part),
        label=part.capitalize(),
        page=kind.page,
        section=kind.title,
        get_default=lambda: default,
        make_field=make_field,
        help_text=_HELP_TEXTS[part],
    )
