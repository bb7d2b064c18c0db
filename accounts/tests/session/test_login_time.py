"""POST /api/auth/login/: the time that a refusal takes does not tell who has an account"""

import time

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import make_user
from tests.schema_client import SchemaClient

TRIES = 7


@pytest.mark.django_db
def test_unknown_known_disabled_and_passwordless_accounts_cost_the_same(settings: Settings, unthrottled: None) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    make_user("ada@example.com")
    make_user("eve@example.com", is_active=False)
    User.objects.create_user("bob@example.com")
    spent: dict[str, list[float]] = {name: [] for name in ("ada", "eve", "bob", "nobody")}
    answers = set()

    for _ in range(TRIES):
        for name, times in spent.items():
            begun = time.process_time()
            response = SchemaClient().post("/api/auth/login/", {"email": f"{name}@example.com", "password": "wrong, surely"})
            times.append(time.process_time() - begun)
            answers.add((response.status_code, response.content))

    least = [min(times) for times in spent.values()]  # what else the machine does can only add to it
    assert len(answers) == 1
    assert max(least) <= 1.2 * min(least)
