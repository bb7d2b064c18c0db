"""POST /api/auth/login/: the time that a refusal takes does not tell who has an account

That time is the password hash: what is counted here is how often it is computed, and with how many iterations.
"""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import make_user
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once


class CountingHasher(PBKDF2PasswordHasher):
    """Notes the iterations of each hash that is computed."""

    iterations = 10
    computed: list[int] = []

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        self.computed.append(iterations or self.iterations)
        return super().encode(password, salt, iterations)


@pytest.mark.django_db
def test_unknown_known_disabled_and_passwordless_accounts_cost_the_same(settings: Settings, unthrottled: None) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    make_user("ada@example.com")
    make_user("eve@example.com", is_active=False)
    User.objects.create_user("bob@example.com")
    computed: dict[str, list[int]] = {}
    responses = set()

    for name in ("ada", "eve", "bob", "nobody"):
        CountingHasher.computed.clear()
        response = SchemaClient().post("/api/auth/login/", {"email": f"{name}@example.com", "password": "wrong, surely"})
        computed[name] = CountingHasher.computed.copy()
        responses.add((response.status_code, response.content))

    assert computed == {name: [10] for name in computed}
    assert len(responses) == 1
