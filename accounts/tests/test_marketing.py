"""Consent to marketing: who gives it, where, and what proves it"""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import marketing
from accounts.models import MarketingConsent, User
from accounts.tests.factories import PASSWORD, make_access_token, make_user
from tests.admin.staff_clients import make_staff_client
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CUSTOMERS = "/admin/accounts/customer/"


def list_evidence() -> list[tuple[bool, str, str | None]]:
    """Return the history, oldest first."""
    return list(MarketingConsent.objects.order_by("pk").values_list("accepts", "source", "ip"))


def run_action(client: Client, name: str) -> Any:
    """Run an action on all users."""
    selected = list(User.objects.values_list("pk", flat=True))
    return client.post(CUSTOMERS, {"action": name, "_selected_action": selected}, follow=True)


@pytest.mark.parametrize(
    ("payload", "accepts"), [({}, False), ({"accepts_marketing": False}, False), ({"accepts_marketing": True}, True)]
)
def test_nobody_accepts_marketing_who_has_not_said_so_at_sign_up(api: SchemaClient, payload: dict[str, Any], accepts: bool) -> None:
    response = api.post("/api/auth/register/", {"email": "ada@example.com", "password": PASSWORD, **payload})

    assert response.status_code == 201
    assert response.json()["data"]["user"]["accepts_marketing"] is accepts
    assert list_evidence() == ([(True, "register", "127.0.0.1")] if accepts else [])


def test_consent_is_given_and_withdrawn_in_the_profile_and_every_change_is_kept(api: SchemaClient) -> None:
    client = api.bearer(make_access_token(make_user()))

    answers = [
        client.patch("/api/auth/me/", payload).json()["data"]["accepts_marketing"]
        for payload in (
            {"accepts_marketing": True},
            {"accepts_marketing": True, "first_name": "Ada"},
            {"first_name": "Grace"},
            {"accepts_marketing": False},
        )
    ]

    assert answers == [True, True, True, False]
    assert client.get("/api/auth/me/").json()["data"]["accepts_marketing"] is False
    assert list_evidence() == [(True, "profile", "127.0.0.1"), (False, "profile", "127.0.0.1")]


@pytest.mark.sampled
@pytest.mark.parametrize("value", [None, "", "perhaps", 2, []])
def test_what_is_neither_yes_nor_no_is_refused_and_nothing_changes(api: SchemaClient, value: Any) -> None:
    client = api.bearer(make_access_token(make_user()))

    response = client.patch("/api/auth/me/", {"first_name": "Grace", "accepts_marketing": value})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["accepts_marketing"]
    assert (User.objects.get().first_name, list_evidence()) == ("", [])


def test_the_evidence_is_erased_with_the_account(api: SchemaClient) -> None:
    client = api.bearer(make_access_token(make_user()))
    client.patch("/api/auth/me/", {"accepts_marketing": True})

    assert client.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200

    assert list_evidence() == []


def test_staff_record_a_withdrawal_and_the_page_shows_the_history(api: SchemaClient) -> None:
    ada = make_user()
    api.bearer(make_access_token(ada)).patch("/api/auth/me/", {"accepts_marketing": True})
    client = make_staff_client("view_customer", "change_customer")

    answer = run_action(client, "withdraw_consent").content.decode()

    assert "1 account(s) no longer accept marketing." in answer
    clerk = User.objects.get(email="clerk@example.com")
    assert list(MarketingConsent.objects.values_list("accepts", "source", "by").first() or ()) == [False, "staff", clerk.pk]
    page = client.get(f"{CUSTOMERS}{ada.pk}/change/").content.decode()
    assert 'name="accepts_marketing"' not in page
    assert all(source in page for source in ("Account page", "Staff"))
    assert client.get(f"{CUSTOMERS}?accepts_marketing__exact=1").context["cl"].result_count == 0


def test_the_page_shows_the_newest_changes_of_someone_who_cannot_decide() -> None:
    ada = make_user()
    rows = [MarketingConsent(user=ada, accepts=number % 2 == 0, source="profile", ip=f"10.0.0.{number}") for number in range(21)]
    client = make_staff_client("view_customer")

    MarketingConsent.objects.bulk_create(rows[:20])
    complete = client.get(f"{CUSTOMERS}{ada.pk}/change/").content.decode()
    MarketingConsent.objects.bulk_create(rows[20:])
    page = client.get(f"{CUSTOMERS}{ada.pk}/change/").content.decode()

    assert ("10.0.0.0)" in complete, "…" in complete) == (True, False)
    assert ("10.0.0.20)" in page, "10.0.0.1)" in page, "10.0.0.0)" in page, "<br>…" in page) == (True, True, False, True)


def make_recipients() -> None:
    """Create customers of every kind; ada alone can be written to at both of her contacts."""
    confirmed: dict[str, Any] = {"email_verified_at": timezone.now(), "accepts_marketing": True}
    ada = make_user(first_name="=Ada", phone="+13128059851", phone_verified_at=timezone.now(), market="us", **confirmed)
    given = {"user": ada, "source": "profile"}
    MarketingConsent.objects.create(accepts=True, at=datetime(2026, 3, 9, 12, tzinfo=UTC), **given)
    MarketingConsent.objects.create(accepts=True, at=datetime(2026, 3, 10, 12, tzinfo=UTC), **given)
    make_user("bob@example.com", phone="+13128059852", **confirmed)
    make_user("unconfirmed@example.com", accepts_marketing=True)
    make_user("banned@example.com", is_active=False, **confirmed)
    make_user("silent@example.com", email_verified_at=timezone.now())


def test_the_file_for_marketing_holds_confirmed_contacts_of_those_who_accept(settings: Any) -> None:
    settings.TIME_ZONE = "UTC"
    make_recipients()
    client = make_staff_client("view_customer", "export_user")

    response = run_action(client, "export_recipients")

    assert response["Content-Disposition"] == 'attachment; filename="marketing.csv"'
    assert b"".join(response.streaming_content).decode("utf-8-sig").splitlines() == [
        "name,email,phone,market,consented_at",
        "'=Ada,ada@example.com,'+13128059851,us,2026-03-10T12:00:00+00:00",
        ",bob@example.com,,,",
    ]
    assert "withdraw_consent" not in client.get(CUSTOMERS).content.decode()


def test_the_file_for_marketing_takes_its_own_permission_and_one_statement() -> None:
    make_recipients()
    client = make_staff_client("view_customer", "change_customer")

    assert "export_recipients" not in client.get(CUSTOMERS).content.decode()
    assert run_action(client, "export_recipients").headers["Content-Type"].startswith("text/html")

    for number in range(20):
        make_user(f"{number}@example.com", email_verified_at=timezone.now(), accepts_marketing=True)
    with capture_statements() as statements:
        rows = list(marketing.list_recipients(User.objects.all()))
    assert (len(rows), len(statements)) == (22, 1)
