"""The envelope of success and error responses."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from core.http.envelope import encode, failure, success

pytestmark = [pytest.mark.urls("core.tests.odd_urls"), pytest.mark.django_db]


def test_an_answer_has_success_status_message_data_and_warnings(client: Client) -> None:
    response = client.get("/api/wrapped/")

    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "success": True,
        "status": 201,
        "message": "Here it is",
        "data": [1],
        "warnings": ["Beware"],
        "owner": "ada",
    }


def test_a_view_that_does_not_know_the_envelope_is_wrapped_too(client: Client) -> None:
    response = client.get("/api/unwrapped/")

    assert response.json() == {"success": True, "status": 200, "message": "OK", "data": {"a": 1}, "warnings": []}


def test_so_is_a_refusal_that_it_returns(client: Client) -> None:
    response = client.get("/api/unwrapped-refusal/")

    assert response.status_code == 418
    assert response.json() == {
        "success": False,
        "status": 418,
        "code": "error",
        "message": "No tea",
        "detail": "No tea",
        "errors": {},
    }


def test_too_many_requests_say_when_to_come_back(client: Client) -> None:
    response = client.get("/api/raised/throttled/")

    assert response.status_code == 429
    assert response["Retry-After"] == "7"
    assert response.json()["code"] == "throttled"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("invalid", 400, "invalid"),
        ("not-signed-in", 401, "not_authenticated"),
        ("forbidden", 403, "forbidden"),
        ("not-found", 404, "not_found"),
        ("too-large", 413, "too_large"),
        ("key-reused", 422, "idempotency_key_reused"),
        ("gateway-refused", 502, "gateway_refused"),
        ("gateway-down", 503, "gateway_down"),
    ],
)
def test_each_kind_of_refusal_has_its_status(client: Client, kind: str, status: int, code: str) -> None:
    response = client.get(f"/api/refused/{kind}/")

    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"success": False, "status": status, "code": code, "message": "No", "detail": "No", "errors": {}}


def test_a_conflict_carries_its_details(client: Client) -> None:
    response = client.get("/api/refused/conflict/")

    assert response.status_code == 409
    assert response.json() == {
        "success": False,
        "status": 409,
        "code": "conflict",
        "message": "No",
        "detail": "No",
        "errors": {},
        "details": {"left": 3},
    }


def test_the_message_of_a_refusal_of_one_field_is_its_sentence(client: Client) -> None:
    response = client.get("/api/refused/field/")

    assert response.status_code == 400
    assert response.json() == {
        "success": False,
        "status": 400,
        "code": "conflict",
        "message": "No",
        "detail": "No",
        "errors": {"quantity": ["No"]},
    }


def test_a_401_names_the_way_to_sign_in(client: Client) -> None:
    response = client.get("/api/refused/not-signed-in/")

    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_gateway_that_is_down_says_when_to_come_back(client: Client) -> None:
    response = client.get("/api/refused/gateway-down/")

    assert response["Retry-After"] == "5"


def test_nested_errors_are_named_by_their_path(client: Client) -> None:
    response = client.post("/api/raised/nested/")

    assert response.status_code == 400
    assert response.json() == {
        "success": False,
        "status": 400,
        "code": "invalid",
        "message": "Validation failed",
        "detail": "Validation failed",
        "errors": {
            "address.line1": ["Too long"],
            "address.geo.lat": ["Not a number"],
            "items.1.quantity": ["Too few", "Odd"],
        },
    }


def test_errors_of_no_field_have_a_name_too(client: Client) -> None:
    response = client.post("/api/raised/listed/")

    assert response.status_code == 400
    assert response.json()["errors"] == {"non_field_errors": ["Neither of both"]}
    assert response.json()["message"] == response.json()["detail"] == "Neither of both"


def test_times_are_written_in_utc() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)

    assert encode(success(noon, "OK")) == (
        b'{"success":true,"status":200,"message":"OK","data":"2026-03-01T12:00:00Z","warnings":[]}'
    )


def test_an_amount_that_is_not_text_never_leaves_as_a_float() -> None:
    with pytest.raises(TypeError):
        encode(failure(400, "invalid", "No", details={"price": Decimal("1.50")}))
