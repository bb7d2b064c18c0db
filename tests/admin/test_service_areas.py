"""Service areas in the admin: list, single areas, upload with a preview, download"""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pricing.models import PriceRules, ServiceArea
from pricing.tests.zones import make_area
from tests.admin.order_pages import read
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.admin.zone_pages import AREAS, EXPORT, UPLOAD

pytestmark = pytest.mark.django_db
NO_HEADER = "The file must begin with a line of column names, including postal_code, pincode, pin, zip or postcode."
AREA = {"market": "in", "country": "IN", "postal_code": "411 001", "carrier": " Blue  Dart ", "prepaid": "on", "days": "2"}


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def preview(client: Client, content: str, **fields: str) -> Any:
    """Upload a list; return what the page shows."""
    file = SimpleUploadedFile("areas.csv", content.encode(), "text/csv")
    response = client.post(UPLOAD, {"file": file, "carrier": "Post", "market": "in", **fields})
    assert response.status_code == 200
    return response.context


def confirm(client: Client, context: Any, **fields: str) -> Any:
    """Confirm what the page shows."""
    return client.post(UPLOAD, {"upload": context["upload"], "digest": context["digest"], **fields}, follow=True)


def list_areas() -> list[tuple[str, str, bool, int | None]]:
    """Return the areas."""
    return list(ServiceArea.objects.values_list("postal_code", "carrier", "cod", "days"))


def test_an_upload_shows_what_it_changes_and_writes_nothing(staff: Client) -> None:
    make_area("411001", days=2)
    make_area("560001")
    make_area("110001", cod=False)

    context = preview(staff, "Pincode,COD,TAT,City\n411001,N,2,Pune\n110001,N,,Delhi\n600001,Y,4,Chennai\n")

    assert {item["label"]: item["count"] for item in context["counts"]} == {
        "added": "1",
        "changed": "1",
        "removed": "1",
        "unchanged": "1",
    }
    assert [(group["title"], group["table"]["rows"]) for group in context["tables"]] == [
        ("Removed", [["560001", "IN", "Post", "yes", "yes", "–"]]),
        ("Changed", [["411001", "IN", "Post", "yes", "yes → no", "2"]]),
        ("Added", [["600001", "IN", "Post", "yes", "yes", "4"]]),
    ]
    assert context["unread"] == "City"
    assert len(list_areas()) == 3
    assert [row[2] for row in list_areas()] == [False, True, True]


def test_a_confirmed_upload_is_written_and_logged_once(staff: Client) -> None:
    make_area("560001")
    context = preview(staff, "Pincode,COD\n411001,N\n600001,Y\n")

    page = read(confirm(staff, context))

    assert list_areas() == [("411001", "Post", False, None), ("600001", "Post", True, None)]
    assert "Service areas: 2 added, 0 changed, 1 removed, 0 unchanged." in page
    entry = LogEntry.objects.get()
    assert entry.object_repr == "Service areas in market in"
    assert entry.get_change_message() == "Uploaded a list of Post: 2 added, 0 changed, 1 removed, 0 unchanged."


def test_areas_can_be_kept(staff: Client) -> None:
    make_area("560001")

    confirm(staff, preview(staff, "Pincode\n411001\n", keep="on"))

    assert [row[0] for row in list_areas()] == ["411001", "560001"]


def test_the_preview_tells_that_a_country_is_limited_from_then_on(staff: Client) -> None:
    context = preview(staff, "zip\n94103\n", country="USA", market="us")

    assert context["limited"] == "United States of America"


def test_the_preview_warns_in_a_box(staff: Client) -> None:
    file = SimpleUploadedFile("areas.csv", b"Pincode\n411001\n560001\n", "text/csv")

    page = read(staff.post(UPLOAD, {"file": file, "market": "in"}))

    warning = page.partition("bg-orange-100")[2].partition("</div>")[0]
    assert "dark:bg-orange-500/20" in warning
    assert "From then on, the shop delivers only to these postal codes in India." in warning
    assert "2 areas of the file have no carrier. A later file with a carrier will not replace them." in page


def test_the_preview_of_a_carriers_list_has_no_areas_without_one(staff: Client) -> None:
    make_area("560001", carrier="")

    context = preview(staff, "Pincode\n411001\n")

    assert context["nameless"] == 0
    assert {item["label"]: item["count"] for item in context["counts"]}["removed"] == "0"


def test_all_problems_are_shown_with_their_lines(staff: Client) -> None:
    context = preview(staff, "Pincode,COD\n41101,Y\n411001,perhaps\n" + "1,Y\n" * 100)

    assert [tuple(problem) for problem in context["problems"][:2]] == [
        (2, "“41101” is not a postal code of India; if zeros were lost at its beginning, format the column as text"),
        (3, "cod must be yes or no, not “perhaps”"),
    ]
    assert (len(context["problems"]), context["more_problems"]) == (100, 2)
    assert "upload" not in context


def test_areas_that_changed_since_the_preview_are_shown_again(staff: Client) -> None:
    context = preview(staff, "Pincode\n411001\n")
    make_area("560001")

    response = confirm(staff, context)

    assert "The areas have changed since the preview." in read(response)
    assert {item["label"]: item["count"] for item in response.context["counts"]}["removed"] == "1"
    assert [row[0] for row in list_areas()] == ["560001"]
    confirm(staff, response.context)
    assert [row[0] for row in list_areas()] == ["411001"]


@pytest.mark.parametrize("upload", ["", "forged", "eyJ:1:2"])
def test_a_preview_that_the_shop_did_not_show_is_not_written(staff: Client, upload: str) -> None:
    response = confirm(staff, {"upload": upload, "digest": ""})

    assert "The preview is too old. Please choose the file again." in read(response)
    assert list_areas() == []


def test_a_confirmation_without_a_digest_is_not_written(staff: Client) -> None:
    context = preview(staff, "Pincode\n411001\n")

    confirm(staff, context, digest="")

    assert list_areas() == []


@pytest.mark.parametrize(
    ("content", "fields", "errors"),
    [
        (
            "",
            {},
            {"file": ["The file must begin with a line of column names, including postal_code, pincode, pin, zip or postcode."]},
        ),
        ("Pincode\n", {}, {"file": ["The file has no rows."]}),
        ("Pincode\n1\n", {"country": "Narnia"}, {"country": ["This is not a country. Enter its code or its English name."]}),
        ("Pincode\n1\n", {"market": "zz"}, {"market": ["Select a valid choice. zz is not one of the available choices."]}),
    ],
)
def test_a_file_that_is_no_list_is_refused(
    staff: Client, content: str, fields: dict[str, str], errors: dict[str, list[str]]
) -> None:
    context = preview(staff, content, **fields)

    assert {name: list(texts) for name, texts in context["form"].errors.items()} == errors


def test_a_list_of_twenty_thousand_areas_fits_the_page(staff: Client) -> None:
    rows = [f"{number},{'YN'[number % 2]},{number % 9}" for number in range(400_000, 420_000)]
    context = preview(staff, "\n".join(["pincode,cod,tat", *rows]))

    confirm(staff, context)

    assert len(context["upload"]) < 400_000
    assert ServiceArea.objects.count() == 20_000


def test_staff_who_may_not_delete_areas_upload_none() -> None:
    clerk = make_staff_client("view_servicearea", "add_servicearea", "change_servicearea")

    assert clerk.get(UPLOAD).status_code == 403
    assert "Upload a list" not in read(clerk.get(AREAS))


def test_a_single_area_counts_at_once(staff: Client) -> None:
    page = read(staff.post(f"{AREAS}add/", AREA, follow=True))
    again = read(staff.post(f"{AREAS}add/", {**AREA, "postal_code": "411002"}, follow=True))

    assert list_areas() == [("411001", "Blue Dart", False, 2), ("411002", "Blue Dart", False, 2)]
    assert "the market delivers only to service areas in India. This is the first." in page
    assert "This is the first." not in again
    assert PriceRules.objects.get(market="in").delivery["area_countries"] == ["IN"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"postal_code": "4110"}, "“4110” is not a postal code of India"),
        ({"days": "366"}, "Enter 365 or less."),
        ({"country": "ZZ"}, "Select a valid choice. ZZ is not one of the available choices."),
        ({"days": "-1"}, "Ensure this value is greater than or equal to 0."),
        (
            {"carrier": "Post", "postal_code": "560-001"},
            "Service area with this Market, Country, Postal code and Carrier already exists.",
        ),
    ],
)
def test_a_single_area_that_no_address_has_is_refused(staff: Client, fields: dict[str, str], error: str) -> None:
    make_area("560001")

    page = read(staff.post(f"{AREAS}add/", {**AREA, **fields}))

    assert error in page
    assert len(list_areas()) == 1


def test_deleting_the_last_area_of_a_country_opens_it(staff: Client) -> None:
    keys = [make_area("560001").pk, make_area("411001").pk]

    page = read(staff.post(AREAS, {"action": "delete_selected", "_selected_action": keys}))
    staff.post(AREAS, {"action": "delete_selected", "_selected_action": keys[:1], "post": "yes"})
    some = read(staff.get(AREAS))
    staff.post(AREAS, {"action": "delete_selected", "_selected_action": keys[1:], "post": "yes"})
    none = read(staff.get(AREAS))

    assert "IN 411001" in page
    assert "No service area is left" not in some
    assert "No service area is left in India, so the market delivers to all postal codes there." in none
    assert list_areas() == []
    assert PriceRules.objects.get(market="in").delivery["area_countries"] == []
    assert LogEntry.objects.count() == 2


def test_the_list_is_found_by_the_beginning_of_a_postal_code_and_filtered(staff: Client) -> None:
    make_area("411001", cod=False)
    make_area("560001", carrier="Express")
    make_area("94103", country="US", market="us")

    def find(**query: str) -> list[str]:
        return [area.postal_code for area in staff.get(AREAS, query).context["cl"].result_list]

    assert find(q="411 0") == ["411001"]
    assert find(q="1001") == []
    assert find(market="us") == ["94103"]
    assert find(country="US") == ["94103"]
    assert find(cod__exact="0") == ["411001"]
    assert find(carrier="Express") == ["560001"]


def test_the_download_is_imported_without_changes(staff: Client) -> None:
    make_area("411001", cod=False, days=3)
    make_area("01001", country="US", carrier="Post")
    make_area("560001", carrier="")

    content = b"".join(staff.get(EXPORT, {"market": "in"}).streaming_content).decode()  # type: ignore[attr-defined]  # streamed
    context = preview(staff, content, carrier="")

    assert content.splitlines()[1] == "in,IN,411001,Post,yes,no,3"
    assert not context["has_changes"]
    assert {item["label"]: item["count"] for item in context["counts"]}["unchanged"] == "3"


def test_the_list_and_its_download_take_as_many_statements_as_one_area(staff: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(60):
        make_area(f"{411_001 + number}")

    with django_assert_max_num_queries(12):
        staff.get(AREAS)
