"""What the OpenAPI document says about the API as a whole."""

DESCRIPTION = """\
The HTTP API of the shop: catalog, cart, orders and accounts.

**Envelope.** Every answer is a JSON object. A success has `success`, `status`, `message`, `data` and `warnings`; further keys
stand beside `data`. A refusal has `success`, `status`, `code`, `message`, `detail` and `errors`, and often `details`. `message` is
for people and may change, `code` is for programs and may not: `docs/errors.md` lists all codes and what a client does about each.
New keys and new codes may be added; clients ignore what they do not know.

**Who calls.** A bearer token or, in browsers, HttpOnly cookies; see *Sign-in*. Guests need neither: their cart has a key, which
answers carry in `cart_token`, in cookies, and in `X-Cart-Token`. Clients without cookies send it back in that header.

**Markets.** `X-Market` names the market whose prices and currency apply. Amounts are strings with the digits of their currency.

**Warnings.** Keys of a body and query parameters that the server does not know are ignored and named in `warnings`. An
object may be sent back whole: a key that cannot be written is named only if its value is not that of the object, neither before nor
after the change.

**Paths.** Each path also works without its trailing slash.
"""
LICENSE = {"name": "MIT", "identifier": "MIT"}
CONTACT = {"name": "The shop's operator"}
SERVERS = [{"url": "/", "description": "The host that serves this document"}]
TAGS = [
    {"name": name, "description": description}
    for name, description in (
        ("Configuration", "What a shop front needs at start-up."),
        ("Catalog", "Products and categories, for everybody."),
        ("Cart", "The cart of the caller, a guest or a signed-in user."),
        ("Wishlist", "Products that a signed-in user watches."),
        ("Orders", "Checkout, payment and the caller's orders."),
        ("Address book", "The delivery addresses of a signed-in user."),
        ("Sign-in", "Sign up, sign in, refresh and sign out."),
        ("Account", "The signed-in user's profile, sessions, password and e-mail address."),
        ("Catalog management", "Changes of the catalog, for staff and sellers."),
        ("Webhooks", "What the payment provider calls."),
    )
]
ENUM_NAMES = {
    "OrderStatus": "orders.models.Order.Status",
    "FulfilmentStatus": "orders.models.Order.FulfilmentStatus",
    "ShipmentState": "orders.models.Shipment.State",
    "TrackingCode": "orders.models.TrackingEvent.Code",
    "PaymentMethod": "orders.models.Order.Method",
    "PaymentStatus": "orders.api.responses.PAYMENT_STATUSES",
    "CartAction": "carts.models.CartAuditLog.Action",
    "StockStatus": "carts.api.responses.STOCK_STATUSES",
    "OwnerType": "carts.api.responses.OWNER_TYPES",
    "CodeStatus": "carts.api.responses.CODE_STATUSES",
    "CodeReasonCode": "carts.api.responses.CODE_REASONS",
    "CodeChange": "carts.api.responses.CODE_CHANGES",
    "PaymentReasonCode": "orders.api.delivery_views.PAYMENT_REASONS",
    "UnservedReasonCode": "carts.api.responses.UNSERVED_REASONS",
    "DiscountTarget": "pricing.models.Promotion.On",
    "CartIssueCode": "carts.api.responses.ISSUE_CODES",
    "CapReason": "accounts.api.responses.CAP_REASONS",
    "SkipReason": "accounts.api.responses.SKIP_REASONS",
    "SignInMethod": "accounts.models.AuthSession.Method",
    "ConsentSource": "accounts.models.MarketingConsent.Source",
    "TokenMode": "accounts.api.inputs.MODES",
}
