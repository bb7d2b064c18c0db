"""The settings that say who the shop is: its name, postal address and contact data."""

from dataclasses import dataclass
from email.utils import parseaddr
from functools import partial

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator

from core.shop_settings import values
from core.shop_settings.definitions import Definition, define
from core.shop_settings.fields import LineField, LinesField
from core.shop_settings.values import Values

PAGE = "shop"
PHONE = RegexValidator(r"^\+?[0-9 ()./-]{5,30}\Z", "Write digits, spaces and the characters + ( ) . / - only.")


def _no_text() -> str:
    return ""


def _get_environment_name() -> str:
    return " ".join(str(settings.SHOP_NAME).split())


def _get_environment_sender() -> str:
    return " ".join(parseaddr(settings.DEFAULT_FROM_EMAIL)[0].split())


SHOP_NAME = define(
    Definition(
        name="shop_name",
        label="Shop name",
        page=PAGE,
        section="Shop",
        get_default=_get_environment_name,
        make_field=partial(LineField, max_length=60),
        help_text="Shown in the shop front, in e-mails and text messages, on packing slips and in the admin.",
    )
)
SHOP_ADDRESS = define(
    Definition(
        name="shop_address",
        label="Postal address",
        page=PAGE,
        section="Shop",
        get_default=_no_text,
        make_field=partial(LinesField, max_length=300, max_lines=6, required=False),
        help_text="The sender on packing slips, and the footer of e-mails. At most six lines.",
    )
)
CONTACT_EMAIL = define(
    Definition(
        name="contact_email",
        label="Contact e-mail",
        page=PAGE,
        section="Contact",
        get_default=_no_text,
        make_field=partial(forms.EmailField, required=False),
        help_text="Public. Shoppers see it in e-mails, and their replies go to it.",
    )
)
CONTACT_PHONE = define(
    Definition(
        name="contact_phone",
        label="Contact phone",
        page=PAGE,
        section="Contact",
        get_default=_no_text,
        make_field=partial(LineField, max_length=30, required=False, validators=[PHONE]),
        help_text="Public. Written as shoppers should read it, such as +91 98765 43210.",
    )
)
SENDER_NAME = define(
    Definition(
        name="sender_name",
        label="Sender name",
        page=PAGE,
        section="E-mails",
        get_default=_get_environment_sender,
        make_field=partial(LineField, max_length=60, required=False),
        help_text="The name in front of the sender address. The address itself is set by the operator (EMAIL_FROM).",
    )
)
PACKING_SLIP_LINE = define(
    Definition(
        name="packing_slip_line",
        label="Line on the packing slip",
        page=PAGE,
        section="Packing slip",
        get_default=_no_text,
        make_field=partial(LineField, max_length=200, required=False),
        help_text="Printed below the items, such as “Returns within 30 days”.",
    )
)


@dataclass(frozen=True, slots=True)
class ShopProfile:
    """Who the shop is, as e-mails, packing slips and shop fronts show it."""

    name: str
    address: str
    email: str
    phone: str

    @property
    def address_lines(self) -> list[str]:
        """The postal address, line by line."""
        return self.address.splitlines()


def get_profile(stored: Values | None = None) -> ShopProfile:
    """Return the profile of the shop from these values, by default from those that the process keeps."""
    current = values.get_values() if stored is None else stored
    return ShopProfile(*(current.get(definition) for definition in (SHOP_NAME, SHOP_ADDRESS, CONTACT_EMAIL, CONTACT_PHONE)))


def get_shop_name() -> str:
    """Return the name of the shop, without a statement in most calls."""
    return values.get(SHOP_NAME)
