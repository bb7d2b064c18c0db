"""Storefronts written for other backends, in Node: with `owner.session_key` and axios, and with `cart_token` and fetch"""

import json
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import sell_products
from carts.models import Cart
from orders.models import Order
from tests.clients.node import run_module

pytestmark = [pytest.mark.node, pytest.mark.once, pytest.mark.django_db(transaction=True)]
ORIGIN = "http://localhost:5173"
DETAILS = {"method": "cod", "name": "Ada", "phone": "+84 912 345 678", "address": "12 Hill Road, Hue"}


def test_a_service_that_knows_a_session_key_has_one_cart(packages: Path, live_server: LiveServer, tmp_path: Path) -> None:
    (lamp,) = sell_products(tmp_path, "Arc lamp")

    printed = run_module(
        packages,
        f"""
        const {{ CartService }} = await import("./session_key_service.mjs");
        const service = new CartService("{live_server.url}");
        const [first, second] = await Promise.all([service.getCurrentCart(), service.getCurrentCart()]);
        console.log(first.items.length, first.owner.session_key === second.owner.session_key);
        const line = await service.addItem({{ product_id: {lamp}, quantity: 1 }});
        await service.addItem({{ product_id: line.product.uuid, quantity: 2 }});
        console.log((await service.getCurrentCart()).total_items, service.getStoredSessionKey() === first.owner.session_key);
        service.resetSession();
        console.log((await service.getCurrentCart()).total_items);
        """,
    )

    assert printed == ["0 true", "3 true", "0"]
    assert Cart.objects.count() == 1


def test_a_page_that_knows_a_cart_token_buys(packages: Path, live_server: LiveServer, tmp_path: Path) -> None:
    (lamp,) = sell_products(tmp_path, "Arc lamp")

    printed = run_module(
        packages,
        f"""
        globalThis.API = "{live_server.url}/api";
        const page = await import("./cart_token_page.mjs");
        const empty = await page.fetchCart();
        const added = await page.addToCart({lamp}, null, 2);
        const cart = await page.fetchCart();
        const [item] = cart.items;
        console.log(empty.items.length, added.success, cart.count, cart.subtotal, typeof cart.subtotal);
        console.log(item.product_id, item.variant_id, item.sku, item.name, item.price, item.quantity);
        console.log(page.getCartToken() === localStorage.getItem("cart_token"));
        keep(["cart_token=; Max-Age=0", "sessionid=; Max-Age=0"]);
        console.log((await page.fetchCartByBackup()).total_items);
        const placed = await page.order({json.dumps(DETAILS)});
        console.log(placed.status, placed.data.total, page.getCartToken());
        """,
        ORIGIN=ORIGIN,
    )

    assert printed == ["0 true 1 40 number", f"{lamp} null Arc-lamp Arc lamp 20.00 2", "true", "2", "201 40.00 null"]
    assert Order.objects.get().name == "Ada"
