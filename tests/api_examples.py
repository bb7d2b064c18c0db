"""Records the examples of the OpenAPI document: a journey through the demo shop that calls every operation."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings as shop_settings
from django.core.management import call_command
from django.utils import timezone

from accounts.tests.google_keys import make_id_token
from accounts.tests.mails import get_link, send_pending_emails
from accounts.tests.phones import SentTexts
from core.actors import Actor
from orders.carriers.events import CarrierEvent
from orders.fulfilment.parcels import packing, sending, tracking
from orders.models import Order
from orders.tests.payments.card_payments import CardPayments
from pricing.tests.factories import make_promotion
from pricing.tests.zones import make_zone
from products.tests.factories import make_png
from tests.processes import ROOT
from tests.schema_client import SchemaClient, find_operation

SKUS = ("LMP-ARC-01", "GAM-LNP-01")
PASSWORD = "a lamp on the hill"
NEW_PASSWORD = "two lamps on the hill"
ADDRESS = {
    **{"full_name": "Ada Byron", "phone": "+919876543210", "line1": "12 Brigade Road", "line2": "", "city": "Bengaluru"},
    **{"state": "Karnataka", "postal_code": "560001", "country": "IN"},
}
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|[\w-]{43,}(?:[.:][\w-]+)*")
Examples = dict[str, dict[str, Any]]


class Recorder(SchemaClient):
    """A client that keeps the first request and answer of each operation and status."""

    def __init__(self, examples: Examples) -> None:
        super().__init__()
        self.examples = examples

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Send the request and record it."""
        response = super().generic(method, path, *args, **kwargs)
        operation = find_operation(method, path)
        assert operation is not None
        assert response.status_code < 300, (method, path, response.json())
        sent = args[0] if args else kwargs.get("data", "")
        is_json = "json" in str(args[1] if len(args) > 1 else kwargs.get("content_type", ""))
        self.keep(operation, json.loads(sent) if sent and is_json else None, response)
        return response

    def keep(self, operation: dict[str, Any], body: Any, response: Any) -> None:
        """Keep an example of the operation, if there is none."""
        example = self.examples.setdefault(operation["operationId"], {})
        if body is not None and "requestBody" in operation:
            example.setdefault("request", mask(body))
        example.setdefault(str(response.status_code), mask(response.json()))


def mask(value: Any) -> Any:
    """Return the value as a public shop would have it: its own addresses, no tokens, and at most two rows of a list."""
    if isinstance(value, dict):
        return {name: mask(part) for name, part in value.items()}
    if isinstance(value, list):
        return [mask(part) for part in value[:2]]
    if not isinstance(value, str):
        return value
    text = value.replace("http://testserver", "https://shop.example")
    text = re.sub(r"http://(?:127\.0\.0\.1|localhost):\d+", "https://checkout.stripe.com", text)
    return TOKEN.sub("eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", text)


def import_catalog(folder: Path) -> None:
    """Import some products of the demo catalog, start a promotion, and deliver by two methods."""
    rows = [row for row in json.loads((ROOT / "products.json").read_text()) if row.get("sku") in SKUS or "variants" in row]
    for row in rows:
        row["images"] = row.get("images", [])[:1]
    shutil.copytree(ROOT / "examples" / "catalog", folder / "examples" / "catalog", ignore=shutil.ignore_patterns("*.py"))
    (folder / "products.json").write_text(json.dumps(rows[:3]))
    call_command("import_products", file=folder / "products.json", verbosity=0)
    make_promotion("Welcome: ten percent off", code="WELCOME10")
    standard = {"name": "Standard delivery", "price": "49.00", "free_from": "4999.00", "days_min": 2, "days_max": 4}
    express = {
        "name": "Express delivery",
        "price": "149.00",
        "free_from": "9999.00",
        "days_min": 1,
        "days_max": 1,
        "cod_fee": "40.00",
    }
    make_zone("India", methods={"standard": standard, "express": express}, countries=["IN"])


def record_shopping(api: Recorder) -> None:
    """Browse and fill the cart, as a guest who becomes a customer."""
    api.get("/api/config/")
    api.get("/api/config/countries/")
    api.get("/api/products/categories/")
    products = api.get("/api/products/?search=lamp&ordering=price&count=true").json()["data"]
    api.get(f"/api/products/{products[0]['slug']}/")
    api.get("/api/cart/")
    api.post("/api/cart/", {})
    line = api.post("/api/cart/add/", {"product_id": products[0]["id"], "quantity": 2}).json()["data"]
    api.post("/api/cart/add/", {"product_id": products[0]["id"], "quantity": 1})
    api.patch(f"/api/cart/update/{line['id']}/", {"quantity": 2})
    api.patch("/api/cart/update/", {"product_id": products[0]["id"], "quantity": 3})
    api.get("/api/cart/summary/")
    api.get("/api/cart/validate/")
    api.post("/api/cart/accept-prices/", {})
    api.delete(f"/api/cart/remove/{line['id']}/")
    api.post("/api/cart/add/", {"product_id": products[0]["id"]})
    api.delete(f"/api/cart/remove/?product_id={products[0]['id']}")
    api.delete("/api/cart/clear/")
    api.post("/api/cart/add/", {"product_id": products[0]["id"], "quantity": 2})
    api.post("/api/cart/codes/", {"code": "welcome10"})
    api.delete("/api/cart/codes/WELCOME10/")
    api.post("/api/cart/codes/", {"code": "welcome10"})
    api.get(f"/api/delivery/check/?country=IN&postal_code=560001&product_id={products[0]['id']}")
    api.post("/api/cart/delivery/", {"country": "IN", "postal_code": "560001", "state": "Karnataka", "method": "express"})
    api.get("/api/cart/delivery/")
    api.post("/api/cart/delivery/", {"method": ""})
    account = {"email": "ada@example.com", "password": PASSWORD, "first_name": "Ada", "last_name": "Byron"}
    api.post("/api/auth/register/", account)
    api.post("/api/cart/merge/", {"cart_token": "3f0c8d2e-7a51-4c39-9d1b-5e2f6a7b8c9d"})
    api.get("/api/cart/audit-logs/")
    wished = api.post("/api/cart/wishlist/add/", {"product_id": products[0]["id"]}).json()["data"]
    api.post("/api/cart/wishlist/add/", {"product_id": products[0]["id"]})
    api.get("/api/cart/wishlist/")
    api.post(f"/api/cart/wishlist/move-to-cart/{wished['id']}/", {"quantity": 1})
    wished = api.post("/api/cart/wishlist/add/", {"product_id": products[0]["id"]}).json()["data"]
    api.delete(f"/api/cart/wishlist/remove/{wished['id']}/")
    other = next(
        product
        for product in api.get("/api/products/").json()["data"]
        if product["variants_count"] == 1 and product["id"] != products[0]["id"]
    )
    wished = api.post("/api/cart/wishlist/add/", {"product_id": other["id"]}).json()["data"]
    api.post(f"/api/cart/wishlist/move-to-cart/{wished['id']}/", {"quantity": 1})


def record_orders(api: Recorder, card_payments: CardPayments) -> None:
    """Order, pay, cancel and claim."""
    saved = api.post("/api/orders/addresses/", {**ADDRESS, "is_default": True}).json()["data"]
    url = f"/api/orders/addresses/{saved['id']}/"
    api.get("/api/orders/addresses/")
    api.get(url)
    api.put(url, ADDRESS)
    api.patch(url, {"line2": "2nd floor"})
    body = {"payment_method": "stripe", "address_id": saved["id"], "shipping_method": "standard", "note": "Please ring twice"}
    order = api.post("/api/orders/create/", body).json()["data"]
    api.post("/api/orders/create/", body)
    api.post(f"/api/orders/{order['number']}/pay/", {})
    card_payments.emulator.pay(order["session_id"])
    record_events(api, card_payments)
    api.get(f"/api/orders/verify-payment/?session_id={order['session_id']}")
    send_part(Order.objects.get(number=order["number"]))
    api.get(f"/api/orders/{order['number']}/")
    api.get("/api/orders/my/")
    product = api.get("/api/products/").json()["data"][0]
    guest = Recorder(api.examples)
    guest.post("/api/cart/add/", {"sku_id": product["sku_id"], "quantity": 1})
    order = guest.post(
        "/api/orders/create/", {"payment_method": "cod", "address": ADDRESS, "name": "Ada Byron", "email": "ada@example.com"}
    ).json()["data"]
    api.post(f"/api/orders/{order['number']}/claim/", {}, headers={"X-Order-Token": order["order_token"]})
    api.post(f"/api/orders/{order['number']}/cancel/", {"reason": "ordered twice"})
    api.delete(url)


def send_part(order: Order) -> None:
    """Send one unit of an order, and let its carrier report where it is."""
    staff, item = Actor(kind="staff"), order.items.all()[0]
    shipment = packing.pack_parcel(staff, order.pk, {item.pk: 1})
    assert shipment is not None
    sending.ship_parcel(staff, shipment.pk, carrier="Post", tracking_number="PO4410")
    arrival = CarrierEvent("PO4410-1", "in_transit", timezone.now(), "Arrived at the sorting centre")
    tracking.record_events(shipment.pk, [arrival])


def record_phone_confirmation(api: Recorder, texts: SentTexts) -> None:
    """Confirm the phone of an order, as a guest."""
    guest = Recorder(api.examples)
    product = guest.get("/api/products/").json()["data"][0]
    guest.post("/api/cart/add/", {"sku_id": product["sku_id"], "quantity": 1})
    body = {"payment_method": "cod", "address": ADDRESS, "name": "Ada Byron", "email": "ada@example.com"}
    order = guest.post("/api/orders/create/", body).json()["data"]
    url, headers = f"/api/orders/{order['number']}", {"X-Order-Token": order["order_token"]}
    guest.post(f"{url}/send-phone-code/", {}, headers=headers)
    guest.post(f"{url}/confirm-phone/", {"verification_code": texts.code()}, headers=headers)


def record_events(api: Recorder, card_payments: CardPayments) -> None:
    """Deliver the events of the emulator, and keep one without most of its object."""
    assert card_payments.emulator.wait_for_deliveries()
    for call in card_payments.webhooks.pop_requests():
        response = card_payments.post_event(call.body, call.signature)
        event = json.loads(call.body)
        shortened = {name: event[name] for name in ("id", "type", "livemode")}
        shortened["data"] = {"object": {name: event["data"]["object"][name] for name in ("id", "object")}}
        operation = find_operation("POST", "/api/orders/webhook/")
        assert operation is not None
        api.keep(operation, shortened, response)


def record_account(api: Recorder, texts: SentTexts) -> None:
    """Use the account in every way, and sign in in every way."""
    api.get("/api/auth/me/")
    api.get("/api/auth/me/export/")
    api.patch("/api/auth/me/", {"first_name": "Augusta"})
    api.post("/api/auth/email/resend/", {})
    api.post("/api/auth/email/verify/", {"token": get_latest_link("ada@example.com")["token"]})
    api.post("/api/auth/email/change/", {"new_email": "augusta@example.com", "password": PASSWORD})
    api.post("/api/auth/send-code/", {"phone": "+13128059852"})
    api.post("/api/auth/phone/change/", {"new_phone": "+13128059852", "new_phone_code": texts.code(), "password": PASSWORD})
    api.post("/api/auth/password/change/", {"old_password": PASSWORD, "new_password": NEW_PASSWORD})
    api.post("/api/auth/password/reset/", {"email": "ada@example.com"})
    api.post("/api/auth/password/reset/confirm/", {**get_latest_link("ada@example.com"), "new_password": PASSWORD})
    app = Recorder(api.examples)
    tokens = app.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}).json()["data"]
    tokens = app.post("/api/auth/refresh/", {"refresh_token": tokens["refresh_token"]}).json()["data"]
    app.bearer(tokens["access_token"])
    session = app.get("/api/auth/sessions/").json()["data"][0]
    app.delete(f"/api/auth/sessions/{session['id']}/")
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    api.delete("/api/auth/me/", {"password": PASSWORD})
    api.post("/api/auth/send-code/", {"phone": "+13128059851"})
    api.post("/api/auth/verify-code/", {"phone": "+13128059851", "verification_code": texts.code()})
    api.post("/api/auth/google/", {"credential": make_id_token()})
    api.post("/api/auth/google/", {"credential": make_id_token()})
    api.post("/api/auth/logout/", {})


def get_latest_link(to: str) -> dict[str, str]:
    """Return the parameters of the link in the latest e-mail of the account to this address."""
    messages = [message for message in send_pending_emails() if message.to == [to] and "token=" in str(message.body)]
    return get_link(messages[-1])[1]


def record_catalog_management(api: Recorder) -> None:
    """Change the catalog, as staff."""
    category = api.post("/api/products/categories/", {"name": "Candles", "position": 3}).json()["data"]
    api.patch(f"/api/products/categories/{category['id']}/", {"name": "Candles & Wax"})
    candle = {
        "name": "Beeswax candle",
        "description": "Burns for 30 hours.",
        "price": "399.00",
        "stock": 12,
        "sku": "CND-BEE-01",
        "weight_grams": 340,
    }
    product = api.post("/api/products/", {**candle, "category": category["slug"], "prices": {"us": "6.00"}}).json()["data"]
    url = f"/api/products/{product['id']}/"
    api.put(url, {**candle, "category": category["slug"], "price": "379.00"})
    api.patch(url, {"low_stock_threshold": 3})
    variant = {
        "name": "Large",
        "sku": "CND-BEE-02",
        "options": {"size": "large"},
        "price": "599.00",
        "stock": 6,
        "weight_grams": 610,
    }
    variant = api.post(f"{url}variants/", variant).json()["data"]
    api.patch(f"{url}variants/{variant['id']}/", {"price": "549.00"})
    api.post(f"{url}stock/", {"sku_id": variant["id"], "delta": 10, "reason": "received", "reference": "DN-2041"})
    api.get(f"{url}stock/")
    api.delete(f"{url}variants/{variant['id']}/")
    with (shop_settings.MEDIA_ROOT.parent / "candle.png").open("wb+") as picture:
        picture.write(make_png())
        picture.seek(0)
        product = api.post(f"{url}images/", {"image": picture, "alt": "A candle"}, format="multipart").json()["data"]
    image = product["images"][0]
    api.patch(f"{url}images/{image['id']}/", {"alt": "A lit candle", "primary": True})
    api.delete(f"{url}images/{image['id']}/")
    api.delete(url)
    api.delete(f"/api/products/categories/{category['id']}/")
