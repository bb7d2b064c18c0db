"""/admin/core/shopsetting/mail/: the texts of all e-mails, their preview and test"""

import re
from html import unescape

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import emails
from accounts.models import User
from accounts.tests.factories import make_user
from accounts.tests.mails import send_pending_emails
from carts.tests.factories import add_to_cart
from core.mail_texts.kinds import KINDS
from core.models import ShopSetting, ShopSettingChange
from orders.tests.factories import create, placed
from products.tests.factories import make_product
from tests.admin.settings_pages import MAILS, open_version, post_mail, read, save
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PLACED = ("order_placed", "Your order {number}", "Thank you for your order {number}.", "You will pay on delivery.")


def order_lamp(api: SchemaClient, **fields: str) -> tuple[str, EmailMultiAlternatives]:
    """Order a lamp; return the number of the order and the e-mail about it."""
    add_to_cart(api, make_product("Lamp"))
    number = placed(api, **fields)["number"]
    (message,) = send_pending_emails()
    return number, message


def get_html(message: EmailMultiAlternatives) -> str:
    """Return the HTML part of an e-mail."""
    return str(message.alternatives[0][0])


def test_every_e_mail_is_listed_with_its_subject() -> None:
    page = read(make_superuser_client().get(MAILS))

    assert len(KINDS) == 31
    for kind in KINDS.values():
        assert f'href="{MAILS}{kind.name}/"' in page
        assert kind.text.subject in page


@pytest.mark.parametrize("kind", KINDS)
def test_each_has_a_page_with_its_placeholders_and_an_example(kind: str) -> None:
    client = make_superuser_client()
    text = KINDS[kind].text

    page = read(post_mail(client, kind, text.subject, text.intro, text.closing, do="preview"))

    for placeholder in KINDS[kind].all_placeholders:
        assert f"{{{placeholder.name}}}" in page
        assert placeholder.description in page
    preview = unescape(page.partition("srcdoc=")[2].partition("</iframe>")[0])
    assert "Our shop" in preview
    assert not re.search(r"\{[a-z_]+\}", preview)
    assert not ShopSettingChange.objects.exists()


def test_what_the_merchant_writes_is_what_the_customer_reads(api: SchemaClient) -> None:
    client = make_superuser_client()
    response = post_mail(
        client, "order_placed", "{shop}: {number}", "Hello {name},\r\n\r\nwe pack {{now}}.\r\nSoon.", "Bye,\r\n\r\nyours {shop}"
    )

    number, message = order_lamp(api)

    assert response.status_code == 302
    assert message.subject == f"Our shop: {number}"
    body = str(message.body)
    assert body.startswith("Hello Ada Lovelace,\n\nwe pack {now}.\nSoon.\n\n1 × Lamp: ₹20.00\n\n")
    assert "Bye,\n\nyours Our shop\n\n-- \nOur shop\n" in body
    assert "we pack {now}.<br>Soon.</p>" in get_html(message)


def test_an_empty_closing_is_left_out_and_not_the_default(api: SchemaClient) -> None:
    post_mail(make_superuser_client(), *PLACED[:3], "")

    _, message = order_lamp(api)

    assert "You will pay on delivery." not in str(message.body)
    assert ShopSetting.objects.get().value == ""


def test_the_footer_has_name_address_and_contact_and_replies_go_there(api: SchemaClient, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Operator <no-reply@shop.example>"
    address = {"shop_address": "12 Hill Road\nMumbai", "contact_email": "help@lamps.example", "contact_phone": "+91 98765 43210"}
    save(make_superuser_client(), shop_name='Lamps, "Inc" <b>', sender_name="Lamps, Inc", **address)

    _, message = order_lamp(api)

    footer = 'Lamps, "Inc" <b>\n12 Hill Road\nMumbai\nhelp@lamps.example\n+91 98765 43210'
    assert str(message.body).partition("\n-- \n")[2].strip() == footer
    assert "Lamps, &quot;Inc&quot; &lt;b&gt;<br>12 Hill Road<br>Mumbai<br>" in get_html(message)
    assert "<b>" not in get_html(message)
    assert message.from_email == '"Lamps, Inc" <no-reply@shop.example>'
    assert message.reply_to == ["help@lamps.example"]


def test_the_sender_is_the_operators_until_the_merchant_names_one(api: SchemaClient, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Operator <no-reply@shop.example>"

    _, message = order_lamp(api)

    assert (message.from_email, message.reply_to) == ("Operator <no-reply@shop.example>", [])


@pytest.mark.parametrize(
    ("subject", "intro", "reason"),
    [
        ("Order {nummer}", "Hello", "{nummer} is not a placeholder of this e-mail. Use {number}, {name}, {shop}."),
        ("Order {number.__class__}", "Hello", "{number.__class__} is not a placeholder"),
        ("Order {number!r:>9}", "Hello", "{number!r:>9} is not a placeholder"),
        ("Order {}", "Hello", "{} is not a placeholder"),
        ("Order {0}", "Hello", "{0} is not a placeholder"),
        ("Order { number }", "Hello", "{ number } is not a placeholder"),
        ("Order {number", "Hello", "A brace has no partner near “Order {number”."),
        ("Order number}", "Hello", "A brace has no partner near"),
        ("Order {{number}", "Hello", "A brace has no partner near"),
        ("Order\r\nBcc: eve@example.com", "Hello", "Write this in one line, without control characters."),
        ("Order", "", "This field is required."),
        ("", "Hello", "This field is required."),
        ("Order", "Refunded {amount}", "{amount} is not a placeholder"),
        ("x" * 151, "Hello", "at most 150 characters"),
        ("Order", "x" * 3001, "at most 3000 characters"),
        ("Order", "Hello\x00", "Remove the control characters."),
    ],
)
@pytest.mark.parametrize("do", ["save", "preview", "test"])
def test_a_text_that_could_not_be_sent_is_refused(do: str, subject: str, intro: str, reason: str) -> None:
    response = post_mail(make_superuser_client(), "order_placed", subject, intro, do=do)

    assert response.status_code == 200
    assert reason in read(response)
    assert "srcdoc" not in read(response)
    assert mail.outbox == []
    assert not ShopSettingChange.objects.exists()


def test_text_and_values_are_never_html(api: SchemaClient) -> None:
    client = make_superuser_client()
    post_mail(client, "order_placed", "<b>{number}", "<script>alert(1)</script> {name}", "<i>{shop}")

    _, message = order_lamp(api, name="Ada <img> {shop}")

    html = get_html(message)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Ada &lt;img&gt; {shop}" in html
    assert not re.search(r"<(script|b|i|img)>", html)
    assert "<script>alert(1)</script> Ada <img> {shop}" in str(message.body)
    page = client.get(f"{MAILS}order_placed/").content.decode()
    assert "<script>alert(1)" not in page


def test_the_preview_cannot_leave_its_frame() -> None:
    page = post_mail(make_superuser_client(), "order_placed", '">Hello', '"></iframe><script>alert(1)</script>', do="preview")

    content = page.content.decode()
    (document,) = re.findall(r' sandbox srcdoc="([^"]*)"></iframe>', content)
    assert "<script>alert(1)" not in content
    assert unescape(document).startswith("<!doctype html>")
    assert unescape(document).strip().endswith("</html>")


@pytest.mark.parametrize("name", ["http://evil.example", "Win at evil.example", "eve@example.com"])
def test_a_name_that_is_a_link_is_not_sent_to_others(api: SchemaClient, name: str) -> None:
    post_mail(make_superuser_client(), "order_placed", "Hello {name}", "Hello {name}")
    add_to_cart(api, make_product())
    create(api, name=name)

    for message in send_pending_emails():
        assert message.subject == "Hello customer"
        assert "evil" not in str(message.body)


def test_account_mails_never_offer_the_name_of_the_account() -> None:
    for kind in KINDS.values():
        if kind.name.startswith("account_"):
            assert {placeholder.name for placeholder in kind.placeholders} <= {"new_email"}


def test_an_account_mail_has_the_merchants_text_and_a_working_link(api: SchemaClient) -> None:
    make_user()
    post_mail(make_superuser_client(), "account_reset", "New password at {shop}", "Use this link.", "Bye")
    api.post("/api/auth/password/reset/", {"email": "ada@example.com"})

    (message,) = send_pending_emails()

    assert message.subject == "New password at Our shop"
    assert str(message.body).startswith("Use this link.\n\nSet a new password:\nhttp://localhost:5173/reset-password#uid=")


def test_back_to_default_is_a_change_in_the_history(api: SchemaClient) -> None:
    client = make_superuser_client()
    post_mail(client, "order_placed", "Hello", "Hello", "Bye")

    response = post_mail(client, "order_placed", "not saved", "{broken", do="reset")

    assert response.status_code == 302
    assert not ShopSetting.objects.exists()
    assert ShopSettingChange.objects.filter(is_default=True).count() == 3
    number, message = order_lamp(api)
    assert message.subject == f"Your order {number}"
    assert "Order placed, Cash on Delivery: closing" in read(client.get(f"{MAILS}order_placed/"))


def test_a_reset_of_a_text_that_another_has_changed_is_refused() -> None:
    client = make_superuser_client()
    version = open_version(client, f"{MAILS}order_placed/")
    post_mail(make_staff_client("change_shopsetting"), "order_placed", "Hello", "Hello", "Bye")

    for do in ("reset", "save"):
        refused = post_mail(client, "order_placed", "Mine", "Mine", do=do, version=version)
        assert "clerk@example.com has changed these settings in the meantime" in read(refused)

    assert ShopSetting.objects.get(name="mail.order_placed.subject").value == "Hello"


def test_a_test_goes_to_the_member_of_staff_with_the_entered_text() -> None:
    client = make_superuser_client()

    response = post_mail(client, "order_refunded", "About {number}", "We refunded {amount}.", do="test")

    assert "The test was sent to staff@example.com." in read(response)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["staff@example.com"], "Test: About 261129-4TKQ7")
    assert "We refunded ₹2,499.00." in str(message.body)
    assert not ShopSettingChange.objects.exists()


def test_a_mail_server_that_refuses_the_test_is_named(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 9

    response = post_mail(make_superuser_client(), *PLACED, do="test")

    assert "The mail server did not accept the test:" in read(response)


def test_a_stored_text_that_this_version_cannot_fill_is_replaced_by_the_default(api: SchemaClient) -> None:
    ShopSetting.objects.create(name="mail.order_placed.intro", value="Ref {gone}")
    ShopSetting.objects.create(name="mail.order_placed.subject", value="Order {number}")

    number, message = order_lamp(api)

    assert message.subject == f"Order {number}"
    assert str(message.body).startswith(f"Thank you for your order {number}.")


def test_there_is_no_page_for_an_unknown_mail() -> None:
    assert make_superuser_client().get(f"{MAILS}order_lost/").status_code == 404


def test_a_mail_costs_one_statement_for_all_settings(api: SchemaClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_user()
    payload = {"kind": "password_changed", "user_id": User.objects.get().pk}

    with django_assert_num_queries(2):  # the user, the settings
        emails.send_email(payload)
