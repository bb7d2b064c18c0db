"""POST /api/auth/register/ with concurrent requests"""

import pytest

from accounts.models import AuthSession, User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import PASSWORD
from tests.schema_client import SchemaClient


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_register_one_address_at_once_one_gets_the_account() -> None:
    spellings = ("ada@example.com", "Ada@Example.com")

    def register(number: int) -> tuple[int, object]:
        payload = {"email": spellings[number % 2], "password": PASSWORD}
        response = SchemaClient().post("/api/auth/register/", payload)
        return response.status_code, response.json().get("errors")

    results = run_concurrently(8, register)

    taken = (400, {"email": ["An account with this e-mail address already exists"]})
    assert sorted(results, key=lambda result: result[0]) == [(201, None), *[taken] * 7]
    assert list(User.objects.values_list("email", flat=True)) == ["ada@example.com"]
    assert AuthSession.objects.count() == 1
