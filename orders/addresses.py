"""A user's address book."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from core.countries import get_market_country
from core.markets import Market
from orders import address_rules
from orders.exceptions import AddressBookFull, AddressNotFound, ContactNeeded
from orders.models import ADDRESS_FIELDS, Address

MAX_ADDRESSES = 50


def list_addresses(user_id: int) -> list[Address]:
    """Return the user's addresses, default first."""
    return list(Address.objects.filter(user=user_id))


def get_address(user_id: int | None, address_id: int) -> Address:
    """Return an address of the user. Raises AddressNotFound."""
    address = Address.objects.filter(user=user_id, pk=address_id).first()
    if address is None:
        raise AddressNotFound
    return address


@transaction.atomic
def add_address(user_id: int, fields: Mapping[str, Any], market: Market) -> Address:
    """Add an address; the first is the default. Raises ContactNeeded, AddressBookFull."""
    _refuse_incomplete(fields, market)
    fields = address_rules.with_country_code(fields)
    _lock_address_book(user_id)
    addresses = Address.objects.filter(user=user_id)
    count = addresses.count()
    if count >= MAX_ADDRESSES:
        raise AddressBookFull(f"An address book holds at most {MAX_ADDRESSES} addresses")
    is_default = bool(fields.get("is_default")) or not count
    if is_default:
        addresses.update(is_default=False)
    return Address.objects.create(user_id=user_id, **{**fields, "is_default": is_default})


@transaction.atomic
def update_address(user_id: int, address_id: int, fields: Mapping[str, Any], market: Market) -> Address:
    """Update an address. A new default replaces the previous one. Raises AddressNotFound, ContactNeeded."""
    _lock_address_book(user_id)
    address = get_address(user_id, address_id)
    if fields.get("is_default"):
        Address.objects.filter(user=user_id).exclude(pk=address_id).update(is_default=False)
    for name, value in address_rules.with_country_code(fields).items():
        setattr(address, name, value)
    if address_rules.CHECKED_FIELDS & fields.keys():
        _refuse_incomplete(to_dict(address), market)
    address.save(update_fields=[*fields, "updated_at"])
    return address


@transaction.atomic
def remove_address(user_id: int, address_id: int) -> None:
    """Remove an address from the book. Raises AddressNotFound."""
    _lock_address_book(user_id)
    if not Address.objects.filter(user=user_id, pk=address_id).delete()[0]:
        raise AddressNotFound


def delete_addresses(user_id: int) -> None:
    """Delete all addresses of the user."""
    Address.objects.filter(user=user_id).delete()


def to_dict(address: Address) -> dict[str, str]:
    """Return an address in the form that an order stores."""
    return {name: getattr(address, name) for name in ADDRESS_FIELDS}


def _refuse_incomplete(address: Mapping[str, str], market: Market) -> None:
    problems = address_rules.find_problems(address, get_market_country(market))
    if problems:
        raise ContactNeeded(errors=problems)


def _lock_address_book(user_id: int) -> None:
    """Serialize changes to a user's address book, so that its limit and its single default hold."""
    User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
