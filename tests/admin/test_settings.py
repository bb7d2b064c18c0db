"""/admin/core/shopsetting/: what the merchant sets without a deployment, and its history"""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from carts.tests.factories import add_to_cart
from core.models import ShopSetting, ShopSettingChange
from orders.models import Order
from orders.tests.factories import placed
from products.tests.factories import make_product
from tests.admin.settings_pages import HISTORY, MAILS, SETTINGS, open_version, read, save
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
LONG = "x" * 301


def test_a_saved_name_is_shown_everywhere_at_once(api: SchemaClient) -> None:
    make_product()
    client = make_superuser_client()

    response = save(client, shop_name="Lamps & Co")

    assert response.status_code == 302
    assert api.get("/api/config/").json()["data"]["shop_name"] == "Lamps & Co"
    assert api.get("/api/products/").json()["data"][0]["seller_name"] == "Lamps & Co"
    page = read(client.get(SETTINGS))
    assert "Saved: Shop name." in page
    assert "| Lamps & Co" in page.partition("<title>")[2].partition("</title>")[0]
    assert 'value="Lamps & Co"' in page


def test_the_header_of_the_admin_shows_name_and_address() -> None:
    client = make_superuser_client()
    save(client, shop_name="Lamps & Co", shop_address="12 Hill Road,\r\nMumbai 400050\r\n")

    page = read(client.get("/admin/"))

    assert "Lamps & Co" in page
    assert "12 Hill Road, Mumbai 400050" in page
    assert ShopSetting.objects.get(name="shop_address").value == "12 Hill Road,\nMumbai 400050"


def test_the_packing_slip_shows_the_sender_and_its_line(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    placed(api)
    client = make_superuser_client()
    save(client, shop_name="<b>Lamps</b>", shop_address="12 Hill Road\nMumbai", packing_slip_line="Returns within 30 days")

    slip = client.get(f"/admin/orders/order/{Order.objects.get().pk}/slip/").content.decode()

    assert "<strong>&lt;b&gt;Lamps&lt;/b&gt;</strong><br>12 Hill Road<br>Mumbai" in slip
    assert "<p>Returns within 30 days</p>" in slip


def test_the_history_says_who_changed_what_from_which_value() -> None:
    client = make_superuser_client()
    save(client, shop_name="Lamps & Co")
    save(client, shop_name="Lamps", shop_address="12 Hill Road")
    save(client, shop_address="12 Hill Road")

    changes = ShopSettingChange.objects.order_by("pk").values_list("name", "old_value", "new_value", "is_default", "user__email")

    assert list(changes) == [
        ("shop_name", "Our shop", "Lamps & Co", False, "staff@example.com"),
        ("shop_name", "Lamps & Co", "Lamps", False, "staff@example.com"),
        ("shop_address", "", "12 Hill Road", False, "staff@example.com"),
        ("shop_name", "Lamps", "Our shop", True, "staff@example.com"),
    ]
    for page in (read(client.get(SETTINGS)), read(client.get(HISTORY))):
        assert "staff@example.com" in page
        assert "Our shop (default)" in page
        assert "Lamps & Co" in page


def test_a_value_that_is_the_default_follows_the_environment(api: SchemaClient, settings: Settings) -> None:
    client = make_superuser_client()
    save(client, shop_name="Lamps & Co")
    save(client, shop_name="Our shop")
    settings.SHOP_NAME = "The operator's name"

    assert api.get("/api/config/").json()["data"]["shop_name"] == "The operator's name"
    assert not ShopSetting.objects.exists()


def test_a_stored_value_takes_precedence_over_the_environment(api: SchemaClient, settings: Settings) -> None:
    save(make_superuser_client(), shop_name="Lamps & Co")
    settings.SHOP_NAME = "The operator's name"

    assert api.get("/api/config/").json()["data"]["shop_name"] == "Lamps & Co"


def test_the_history_outlives_the_user_who_made_it() -> None:
    client = make_superuser_client()
    save(client, shop_name="Lamps & Co")
    User.objects.all().delete()

    page = read(make_superuser_client().get(SETTINGS))

    assert "The system or a deleted user" in page


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shop_name": ""}, "This field is required."),
        ({"shop_name": "  "}, "This field is required."),
        ({"shop_name": "Lamps\r\nBcc: eve@example.com"}, "Write this in one line, without control characters."),
        ({"shop_name": "Lamps\u2028and more"}, "Write this in one line, without control characters."),
        ({"shop_name": "x" * 61}, "Ensure this value has at most 60 characters (it has 61)."),
        ({"shop_address": LONG}, "Ensure this value has at most 300 characters (it has 301)."),
        ({"shop_address": "a\nb\nc\nd\ne\nf\ng"}, "Write at most 6 lines."),
        ({"shop_address": "12 Hill Road\x1b[2J"}, "Remove the control characters."),
        ({"shop_name": "Lamps\x00"}, "Null characters are not allowed."),
        ({"contact_email": "help"}, "Enter a valid email address."),
        ({"contact_email": "help@lamps.example\r\nBcc: eve@example.com"}, "Enter a valid email address."),
        ({"contact_phone": "call us"}, "Write digits, spaces and the characters + ( ) . / - only."),
        ({"sender_name": "Lamps\nBcc: eve@example.com"}, "Write this in one line, without control characters."),
        ({"packing_slip_line": "x" * 201}, "Ensure this value has at most 200 characters (it has 201)."),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_nothing_changes(fields: dict[str, str], message: str) -> None:
    client = make_superuser_client()

    response = save(client, **{"contact_phone": "+91 98765 43210", **fields})

    assert response.status_code == 200
    assert message in read(response)
    assert not ShopSetting.objects.exists()
    assert not ShopSettingChange.objects.exists()


def test_who_saves_over_the_change_of_another_is_told_and_decides() -> None:
    ada, clerk = make_superuser_client(), make_staff_client("change_shopsetting")
    version = open_version(ada)
    save(clerk, shop_name="Lamps of the clerk")

    refused = save(ada, version=version, shop_name="Lamps of Ada")

    assert "Not saved: clerk@example.com has changed these settings in the meantime." in read(refused)
    assert 'value="Lamps of Ada"' in read(refused)
    assert ShopSetting.objects.get().value == "Lamps of the clerk"
    assert save(ada, version=str(ShopSettingChange.objects.get().pk), shop_name="Lamps of Ada").status_code == 302
    assert ShopSetting.objects.get().value == "Lamps of Ada"
    assert ShopSettingChange.objects.count() == 2


@pytest.mark.parametrize("version", ["-1", "x", " ", "9" * 30])
def test_a_form_without_a_version_that_exists_saves_nothing(version: str) -> None:
    assert save(make_superuser_client(), version=version, shop_name="Lamps & Co").status_code == 200

    assert not ShopSetting.objects.exists()


def test_saving_what_is_there_already_is_no_change() -> None:
    client = make_superuser_client()

    assert save(client).status_code == 302

    assert "Nothing has changed." in read(client.get(SETTINGS))
    assert not ShopSettingChange.objects.exists()


@pytest.mark.sampled
@pytest.mark.parametrize("page", [SETTINGS, MAILS, f"{MAILS}order_placed/", HISTORY])
@pytest.mark.parametrize(
    ("right", "status"),
    [("change_shopsetting", 200), ("view_shopsetting", 200), ("change_product", 403), ("view_shopsettingchange", 403)],
)
def test_the_pages_are_for_staff_with_the_right_for_settings(page: str, right: str, status: int) -> None:
    assert make_staff_client(right).get(page).status_code == status


@pytest.mark.parametrize("page", [SETTINGS, f"{MAILS}order_placed/"])
def test_who_may_only_view_the_settings_has_no_button_and_saves_nothing(page: str) -> None:
    client = make_staff_client("view_shopsetting")
    fields = {"version": "0", "shop_name": "Lamps & Co", "do": "test"}

    assert 'type="submit"' not in client.get(page).content.decode().partition('id="content"')[2].partition("History")[0]
    assert client.post(page, fields).status_code == 403

    assert not ShopSetting.objects.exists()


def test_the_sidebar_offers_the_settings_to_those_who_may_view_them() -> None:
    link = f'href="{SETTINGS}"'

    assert link in read(make_superuser_client().get("/admin/"))
    assert link not in read(make_staff_client("change_product").get("/admin/"))


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (300, 20)])
def test_the_page_costs_as_much_with_a_long_history(
    count: int, shown: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = make_superuser_client()
    user = User.objects.get()
    rows = [
        ShopSettingChange(name="shop_name", old_value="a", new_value="changed here", is_default=False, user=user)
        for _ in range(count)
    ]
    ShopSettingChange.objects.bulk_create(rows)

    with django_assert_num_queries(5):  # session, user, version, values, history
        page = read(client.get(SETTINGS))

    assert page.count("changed here") == shown
