"""Test clients of staff for the admin tests."""

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user


def make_superuser_client() -> Client:
    """Return the client of a new superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def make_staff_client(*codenames: str) -> Client:
    """Return the client of a new member of staff who has only these permissions."""
    user = make_user("clerk@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client
