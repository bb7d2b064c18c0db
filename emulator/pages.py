"""The HTML pages shown to the buyer: payment and result."""

from html import escape
from pathlib import Path
from typing import Any

from emulator.parameters import THREE_DECIMAL_CURRENCIES

Json = dict[str, Any]
STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
ZERO_DECIMAL_CURRENCIES = {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}


def format_amount(minor: int, currency: str) -> str:
    """Return an amount in minor units as text for people."""
    digits = 0 if currency in ZERO_DECIMAL_CURRENCIES else 3 if currency in THREE_DECIMAL_CURRENCIES else 2
    return f"{minor / 10**digits:,.{digits}f} {currency.upper()}"


def render_page(title: str, inner: str, *, is_wide: bool = False) -> str:
    """Return a complete page."""
    main = '<main class="wide">' if is_wide else "<main>"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body>'
        f'<div class="banner" role="note">Payment emulator – no money moves</div>{main}{inner}</main></body></html>'
    )


def render_checkout(session: Json, message: str = "") -> str:
    """Return the payment page of an open session."""
    rows = "".join(_row(line) for line in session["_lines"])
    alert = f'<p class="said" role="alert">{escape(message)}</p>' if message else ""
    back_url = session.get("cancel_url")
    back_link = f'<a class="button" href="{escape(back_url)}">Back to the shop</a>' if back_url else ""
    return render_page(
        "Pay",
        f"{alert}<h1>Order {escape(session.get('client_reference_id') or '')}</h1>"
        f'<p class="total">{format_amount(session["amount_total"], session["currency"])}</p><table>{rows}</table>'
        f"{_render_recipient(session)}"
        '<form method="post"><label for="email">E-mail for the receipt</label>'
        f'<input id="email" name="email" type="email" autocomplete="email" value="{escape(session.get("customer_email") or "")}">'
        '<button class="go" name="act" value="pay">Pay</button>'
        '<button name="act" value="decline">Pay with a card that is declined</button>'
        f'<button name="act" value="pay_later">Pay by a method whose money comes later</button></form>{back_link}',
    )


def _render_recipient(session: Json) -> str:
    """Return what the payment says about the delivery, and whether the page asks for a billing address."""
    shipping, parts = session["_intent_data"]["shipping"], []
    if shipping:
        address = [shipping["address"][name] for name in ("line1", "line2", "postal_code", "city", "state", "country")]
        parts.append(f"Deliver to {', '.join(part for part in (shipping['name'], *address) if part)}")
    if session["billing_address_collection"] == "required":
        parts.append("The billing address is required; here it is the delivery address")
    return "".join(f'<p class="soft">{escape(part)}</p>' for part in parts)


def _row(line: Json) -> str:
    """Return a line of the table; like Stripe's page, it shows a quantity above one only."""
    units = ""
    if line["quantity"] > 1:
        unit_price = format_amount(line["amount_total"] // line["quantity"], line["currency"])
        units = f'<div class="soft">{line["quantity"]} × {unit_price}</div>'
    return f"<tr><td>{escape(line['description'])}{units}</td><td>{format_amount(line['amount_total'], line['currency'])}</td></tr>"


def render_closed(session: Json) -> str:
    """Return the page of a session that is no longer open."""
    back_url = session.get("cancel_url") if session["status"] == "expired" else session.get("success_url")
    back_url = (back_url or "").replace("{CHECKOUT_SESSION_ID}", session["id"])
    back_link = f'<a class="button" href="{escape(back_url)}">Back to the shop</a>' if back_url else ""
    total = format_amount(session["amount_total"], session["currency"])
    if session["status"] == "expired":
        return render_page(
            "Expired", f"<h1>This payment has expired</h1><p>Nothing was charged. Go back and order again.</p>{back_link}"
        )
    if session["payment_status"] == "paid":
        return render_page("Paid", f'<h1>Paid</h1><p class="total">{total}</p>{back_link}')
    if not session["_awaits_money"]:
        return render_page(
            "Failed", f"<h1>The money did not arrive</h1><p>Nothing was charged. Go back and order again.</p>{back_link}"
        )
    buttons = (
        '<form method="post"><button class="go" name="act" value="async_succeed">The money arrives</button>'
        '<button name="act" value="async_fail">The money does not arrive</button></form>'
    )
    return render_page("On its way", f'<h1>The money is on its way</h1><p class="total">{total}</p>{buttons}{back_link}')


def render_not_found() -> str:
    """Return the page of a session that does not exist."""
    return render_page("Not found", "<h1>There is no such payment</h1><p>The emulator may have been restarted since.</p>")
