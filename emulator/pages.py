"""The pages that a buyer sees: paying, and what became of it."""

from html import escape
from pathlib import Path
from typing import Any

from emulator.parameters import THREE_DIGITS

Json = dict[str, Any]
STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
ZERO_DIGITS = {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}


def amount(minor: int, currency: str) -> str:
    """Return an amount of minor units as people write it."""
    digits = 0 if currency in ZERO_DIGITS else 3 if currency in THREE_DIGITS else 2
    return f"{minor / 10**digits:,.{digits}f} {currency.upper()}"


def page(title: str, inner: str) -> str:
    """Return a whole page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body>'
        f'<div class="banner" role="note">Payment emulator – no money moves</div><main>{inner}</main></body></html>'
    )


def checkout(session: Json, said: str = "") -> str:
    """Return the page on which an open session is paid."""
    rows = "".join(_row(line) for line in session["_lines"])
    said = f'<p class="said" role="alert">{escape(said)}</p>' if said else ""
    back = session.get("cancel_url")
    leave = f'<a class="button" href="{escape(back)}">Back to the shop</a>' if back else ""
    return page(
        "Pay",
        f"{said}<h1>Order {escape(session.get('client_reference_id') or '')}</h1>"
        f'<p class="total">{amount(session["amount_total"], session["currency"])}</p><table>{rows}</table>'
        '<form method="post"><label for="email">E-mail for the receipt</label>'
        f'<input id="email" name="email" type="email" autocomplete="email" value="{escape(session.get("customer_email") or "")}">'
        '<button class="go" name="act" value="pay">Pay</button>'
        '<button name="act" value="decline">Pay with a card that is declined</button>'
        f'<button name="act" value="pay_later">Pay by a method whose money comes later</button></form>{leave}',
    )


def _row(line: Json) -> str:
    each = amount(line["amount_total"] // line["quantity"], line["currency"])
    return (
        f'<tr><td>{escape(line["description"])}<div class="soft">{line["quantity"]} × {each}</div></td>'
        f"<td>{amount(line['amount_total'], line['currency'])}</td></tr>"
    )


def closed(session: Json) -> str:
    """Return the page of a session that is not open any more."""
    back = session.get("cancel_url") if session["status"] == "expired" else session.get("success_url")
    back = (back or "").replace("{CHECKOUT_SESSION_ID}", session["id"])
    leave = f'<a class="button" href="{escape(back)}">Back to the shop</a>' if back else ""
    total = amount(session["amount_total"], session["currency"])
    if session["status"] == "expired":
        return page("Expired", f"<h1>This payment has expired</h1><p>Nothing was charged. Go back and order again.</p>{leave}")
    if session["payment_status"] == "paid":
        return page("Paid", f'<h1>Paid</h1><p class="total">{total}</p>{leave}')
    if not session["_awaits_money"]:
        return page("Failed", f"<h1>The money did not arrive</h1><p>Nothing was charged. Go back and order again.</p>{leave}")
    settle = (
        '<form method="post"><button class="go" name="act" value="async_succeed">The money arrives</button>'
        '<button name="act" value="async_fail">The money does not arrive</button></form>'
    )
    return page("On its way", f'<h1>The money is on its way</h1><p class="total">{total}</p>{settle}{leave}')


def missing() -> str:
    """Return the page of a session that does not exist."""
    return page("Not found", "<h1>There is no such payment</h1><p>The emulator may have been started anew since.</p>")
