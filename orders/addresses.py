"""A user's address book."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from orders.exceptions import AddressBookFull, AddressNotFound
from orders.models import Address

FIELDS = ("full_name", "phone", "line1", "line2", "city", "state", "postal_code", "country")
MOST = 50


def of_user(user_id: int) -> list[Address]:
    """Return the user's addresses, the default first."""
    return list(Address.objects.filter(user=user_id))


def one(user_id: int | None, address_id: int) -> Address:
    """Return an address of the user. Raises AddressNotFound."""
    found = Address.objects.filter(user=user_id, pk=address_id).first()
    if found is None:
        raise AddressNotFound
    return found


@transaction.atomic
def add(user_id: int, given: Mapping[str, Any]) -> Address:
    """Add an address; the first is the default. Raises AddressBookFull."""
    _lock(user_id)
    known = Address.objects.filter(user=user_id)
    count = known.count()
    if count >= MOST:
        raise AddressBookFull(f"An address book holds at most {MOST} addresses")
    is_default = bool(given.get("is_default")) or not count
    if is_default:
        known.update(is_default=False)
    return Address.objects.create(user_id=user_id, **{**given, "is_default": is_default})


@transaction.atomic
def change(user_id: int, address_id: int, given: Mapping[str, Any]) -> Address:
    """Change an address; one that becomes the default takes the place of the other. Raises AddressNotFound."""
    _lock(user_id)
    found = one(user_id, address_id)
    if given.get("is_default"):
        Address.objects.filter(user=user_id).exclude(pk=address_id).update(is_default=False)
    for name, value in given.items():
        setattr(found, name, value)
    found.save(update_fields=[*given, "updated_at"])
    return found


@transaction.atomic
def remove(user_id: int, address_id: int) -> None:
    """Take an address out of the book. Raises AddressNotFound."""
    _lock(user_id)
    if not Address.objects.filter(user=user_id, pk=address_id).delete()[0]:
        raise AddressNotFound


def forget(user_id: int) -> None:
    """Delete the user's book."""
    Address.objects.filter(user=user_id).delete()


def as_dict(address: Address) -> dict[str, str]:
    """Return an address as an order holds it."""
    return {name: getattr(address, name) for name in FIELDS}


def _lock(user_id: int) -> None:
    """Let one change of a book wait for the other, so that its limit and its one default hold."""
    User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
