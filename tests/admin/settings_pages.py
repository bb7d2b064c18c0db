"""The pages of the settings, for tests: their forms are posted as a browser posts them."""

import re
from html import unescape
from typing import Any

from django.test import Client

SETTINGS, MAILS, HISTORY = "/admin/core/shopsetting/", "/admin/core/shopsetting/mail/", "/admin/core/shopsettingchange/"
EMPTY = {
    "shop_name": "Our shop",
    "shop_address": "",
    "contact_email": "",
    "contact_phone": "",
    "sender_name": "",
    "packing_slip_line": "",
}


def open_version(client: Client, page: str = SETTINGS) -> str:
    """Open a page and return the version that its form holds."""
    (version,) = re.findall(r'name="version" value="(\d+)"', read(client.get(page)))
    return str(version)


def save(client: Client, *, version: str | None = None, **fields: str) -> Any:
    """Save the page of the shop, on which the other fields are as they are by default."""
    return client.post(SETTINGS, {"version": version or open_version(client), **EMPTY, **fields})


def post_mail(
    client: Client, kind: str, subject: str, intro: str, closing: str = "", *, do: str = "save", version: str = ""
) -> Any:
    """Press a button on the page of an e-mail text."""
    page = f"{MAILS}{kind}/"
    parts = {"subject": subject, "intro": intro, "closing": closing}
    fields = {f"mail.{kind}.{part}": text for part, text in parts.items()}
    return client.post(page, {"version": version or open_version(client, page), **fields, "do": do})


def read(response: Any) -> str:
    """Return the text of a page."""
    return unescape(response.content.decode())
