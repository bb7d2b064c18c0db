"""What the lists and the titles of the admin say, whatever they list"""

import pytest
from django.test import Client

from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart
from orders.tests.factories import ADDRESS, create
from products.tests.factories import make_product
from tests.admin.order_pages import read
from tests.admin.staff_clients import make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
DELIVERIES, PRODUCTS = "/admin/products/delivery/", "/admin/products/product/"


@pytest.fixture
def staff_client(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def test_an_empty_list_says_so_and_offers_to_add_the_first_row(staff_client: Client) -> None:
    page = read(staff_client.get(DELIVERIES))

    assert "No deliveries yet" in page
    assert ">Add delivery</a>" in page
    assert "filters." not in page


def test_an_empty_list_of_records_offers_nothing_to_add(staff_client: Client) -> None:
    page = read(staff_client.get("/admin/products/bulkpricechange/"))

    assert "No bulk price changes yet" in page
    assert "Add bulk price change" not in page


def test_a_search_without_results_leads_back_to_the_whole_list(staff_client: Client) -> None:
    make_product("Lamp")

    page = read(staff_client.get(PRODUCTS, {"q": "zebra"}))

    assert "No products match the search and the filters." in page
    assert '<a href="?"' in page
    assert "No products yet" not in page


def test_only_a_filtered_list_offers_to_show_all(staff_client: Client) -> None:
    make_product("Lamp")

    everything, found = (read(staff_client.get(PRODUCTS, query)) for query in ({}, {"q": "lamp"}))

    assert "Show all" not in everything
    assert '1 result (<a href="?">Show all</a>)' in found


def test_a_list_that_fits_one_page_has_no_links_to_others(staff_client: Client) -> None:
    client = SchemaClient()
    add_to_cart(client, make_product(stock=5))
    assert create(client, email="eve@example.com", address=ADDRESS).status_code == 201

    page = read(staff_client.get("/admin/orders/guest/"))

    assert "eve@example.com" in page
    assert "Previous" not in page
    assert "Next" not in page


def test_an_address_in_a_title_keeps_its_small_letters(staff_client: Client) -> None:
    user = make_user("eve@example.com")

    page = read(staff_client.get(f"/admin/accounts/customer/{user.pk}/change/"))

    assert "eve@example.com" in page
    assert "Eve@example.com" not in page
