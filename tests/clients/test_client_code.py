"""docs/clients.md: its code works as documented, in Node, against a running shop"""

import json
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings as shop
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts import sessions
from accounts.client_info import ClientInfo
from accounts.models import AuthSession, User
from accounts.tests.factories import make_expired, make_user, sell_products
from accounts.tokens import TokenPair
from carts.models import CartItem
from orders.models import Order
from products.tests.factories import make_product
from tests.clients.node import run_module
from tests.processes import ROOT

pytestmark = [pytest.mark.node, pytest.mark.once, pytest.mark.django_db(transaction=True)]
BLOCK = re.compile(r"```js\n// ([\w.-]+)\n(.*?)```", re.DOTALL)


@pytest.fixture
def page(packages: Path, live_server: LiveServer) -> Path:
    """Write the code blocks, with the test server's URL, next to the reference client."""
    shutil.copy(ROOT / "examples" / "storefront" / "api.js", packages)
    for name, code in BLOCK.findall((ROOT / "docs" / "clients.md").read_text()):
        (packages / name).write_text(code.replace("http://localhost:8000", live_server.url))
    return packages


def make_expired_pair(user: User) -> TokenPair:
    """Sign the user in and return their tokens as they are half an hour later."""
    pair = sessions.start_session(user, "password", ClientInfo(market="in"))
    return TokenPair(make_expired(pair.access), pair.refresh)


def format_cookies(pair: TokenPair) -> str:
    """Return the token pair as a Cookie header."""
    return json.dumps({"access_token": pair.access, "refresh_token": pair.refresh})


def test_a_page_buys_as_it_says(page: Path, tmp_path: Path) -> None:
    sell_products(tmp_path, "Arc lamp")

    printed = run_module(page, 'await import("./use.js");')

    assert printed == ["ada@example.com 2", "processing true"]
    assert Order.objects.get().user == User.objects.get(email="ada@example.com")


def test_a_guest_whose_cookies_are_lost_finds_the_cart_by_the_copy_of_its_key(page: Path, tmp_path: Path) -> None:
    (lamp,) = sell_products(tmp_path, "Arc lamp")

    printed = run_module(
        page,
        f"""
        const {{ shop }} = await import("./shop.js");
        await shop("POST", "/cart/add/", {{ product_id: {lamp}, quantity: 3 }});
        keep(["cart_token=; Max-Age=0", "sessionid=; Max-Age=0"]);
        console.log(header() || "no cookies", (await shop("GET", "/cart/")).data.total_items);
        """,
    )

    assert printed == ["no cookies 3"]
    assert CartItem.objects.get().quantity == 3


def test_of_five_calls_with_an_expired_cookie_one_refreshes(page: Path) -> None:
    pair = make_expired_pair(make_user())

    printed = run_module(
        page,
        """
        const { shop } = await import("./shop.js");
        const answers = await Promise.all([1, 2, 3, 4, 5].map(() => shop("GET", "/auth/me/")));
        console.log(answers.map((answer) => answer.data.email).join(" "));
        """,
        COOKIES=format_cookies(pair),
    )

    assert printed == [" ".join(["ada@example.com"] * 5)]
    assert AuthSession.objects.get().refresh_no == 1


@pytest.mark.parametrize("module", ["shop.js", "axios-shop.js"])
def test_a_call_that_hears_late_of_its_expired_cookie_does_not_refresh_again(page: Path, module: str) -> None:
    pair = make_expired_pair(make_user())
    call = {"shop.js": 'shop("GET", "/auth/me/")', "axios-shop.js": 'shop.get("/auth/me/")'}[module]

    run_module(
        page,
        f"""
        const {{ shop }} = await import("./{module}");
        if (shop.interceptors) {{
          shop.interceptors.request.use((config) => {{ config.headers.set("Cookie", header()); return config; }});
          shop.interceptors.response.use((answer) => {{ keep(answer.headers["set-cookie"]); return answer; }});
          shop.defaults.adapter = "fetch";
        }}
        const real = globalThis.fetch;
        let isHeld = false, release;
        const renewed = new Promise((done) => {{ release = done; }});
        globalThis.fetch = async (url, init) => {{
          const address = String(url.url ?? url);
          const isFirst = address.endsWith("/auth/me/") && !isHeld;
          if (isFirst) isHeld = true;
          const answer = await real(url, init);
          if (address.endsWith("/auth/refresh/")) setTimeout(release, 50);
          if (isFirst) await renewed;
          return answer;
        }};
        await Promise.all([1, 2, 3].map(() => {call}));
        """,
        COOKIES=format_cookies(pair),
    )

    assert AuthSession.objects.get().refresh_no == 1


def test_a_page_whose_session_has_ended_is_notified(page: Path) -> None:
    pair = make_expired_pair(make_user())
    AuthSession.objects.update(revoked_at=User.objects.get().date_joined, revoke_reason="logout")

    printed = run_module(
        page,
        """
        const { shop, Refusal } = await import("./shop.js");
        const refusal = await shop("GET", "/auth/me/").catch((error) => error);
        console.log(refusal instanceof Refusal, refusal.status, refusal.code);
        """,
        COOKIES=format_cookies(pair),
    )

    assert printed == ["true 401 session_revoked"]


def test_axios_refreshes_once_for_five_calls(page: Path) -> None:
    pair = make_expired_pair(make_user())

    printed = run_module(
        page,
        """
        const { shop } = await import("./axios-shop.js");
        shop.interceptors.request.use((config) => { config.headers.set("Cookie", header()); return config; });
        shop.interceptors.response.use((answer) => { keep(answer.headers["set-cookie"]); return answer; });
        const answers = await Promise.all([1, 2, 3, 4, 5].map(() => shop.get("/auth/me/")));
        console.log(answers.map((answer) => answer.data.data.email).join(" "));
        """,
        COOKIES=format_cookies(pair),
    )

    assert printed == [" ".join(["ada@example.com"] * 5)]
    assert AuthSession.objects.get().refresh_no == 1


def test_an_app_signs_in_by_phone_and_out(page: Path, settings: Settings, tmp_path: Path) -> None:
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(tmp_path / "sms.jsonl")

    printed = run_module(
        page,
        """
        import { readFileSync } from "node:fs";
        const { makeShop } = await import("./app.js");
        let kept = null;
        const app = makeShop({ load: async () => kept, save: async (tokens) => { kept = tokens; } }, "us");
        await app.sendCode("+13128059851");
        const { text } = JSON.parse(readFileSync(process.env.SMS, "utf8"));
        await app.signIn("+13128059851", text.slice(0, 6));
        console.log((await app.call("GET", "/auth/me/")).data.phone, (await app.call("GET", "/cart/")).data.currency);
        await app.signOut();
        console.log(kept, (await app.call("GET", "/auth/me/")).code);
        """,
        SMS=shop.SMS_FILE_PATH,
    )

    assert printed == ["+13128059851 USD", "null not_authenticated"]


def test_an_app_refreshes_once_and_keeps_the_new_tokens(page: Path) -> None:
    pair = make_expired_pair(make_user())

    printed = run_module(
        page,
        """
        const { makeShop } = await import("./app.js");
        let kept = JSON.parse(process.env.TOKENS);
        const app = makeShop({ load: async () => kept, save: async (tokens) => { kept = tokens; } }, "in");
        const answers = await Promise.all([1, 2, 3].map(() => app.call("GET", "/auth/me/")));
        console.log(answers.map((answer) => answer.status).join(" "), kept.token_type);
        """,
        TOKENS=json.dumps({"access_token": pair.access, "refresh_token": pair.refresh}),
    )

    assert printed == ["200 200 200 Bearer"]
    assert AuthSession.objects.get().refresh_no == 1


def test_a_link_of_a_mail_is_read_from_its_fragment(page: Path) -> None:
    printed = run_module(
        page, 'const { parseFragment } = await import("./link.js"); console.log(parseFragment("#uid=MQ&token=a%3Ab").token);'
    )

    assert printed == ["a:b"]


def test_a_server_renders_the_head_of_a_product_page(page: Path) -> None:
    make_product("Lamp </script>")
    module = """
        import { shop } from "./shop.js";
        import { productHead } from "./product_head.js";
        const { data: [{ slug }] } = await shop("GET", "/products/");
        const head = productHead((await shop("GET", `/products/${slug}/`)).data, "https://shop.example/product/lamp");
        console.log(head.split("\\n")[0]);
        console.log(JSON.stringify(JSON.parse(head.match(/json">(.*)<.script>/)[1]).offers));
        console.log(head.split("</script>").length);
    """

    title, offers, parts = run_module(page, module)

    assert title == "<title>Lamp &#60;/script&#62;</title>"
    assert [(offer["@type"], offer["priceCurrency"]) for offer in json.loads(offers)] == [("Offer", "INR")]
    assert parts == "2"
