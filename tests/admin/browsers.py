"""Browsers of staff, for the tests of the admin."""

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user


def superuser() -> Client:
    """Return the browser of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def clerk(*rights: str) -> Client:
    """Return the browser of a member of staff who has these rights and no others."""
    user = make_user("clerk@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client
