"""Banning customers: their accounts, and the contacts with which they could order as guests."""

from collections.abc import Collection

from django.db import transaction

from accounts import services
from accounts.client_info import ClientInfo
from accounts.models import User
from core.actors import Actor
from orders import blocked_contacts


@transaction.atomic
def ban_customer(actor: Actor, user: User, client: ClientInfo, *, reason: str, contacts: Collection[str] = ()) -> bool:
    """Deactivate an account, and take no more orders from these normalized contacts, which guests could name too.

    Return False if the account was inactive already; the contacts are blocked all the same.
    """
    blocked_contacts.block_contacts(actor, contacts, reason)
    return services.ban_user(user, client, actor.user_id, reason=reason)


@transaction.atomic
def lift_ban(actor: Actor, user: User, client: ClientInfo, *, contacts: Collection[str] = ()) -> bool:
    """Reactivate an account, and take orders from these normalized contacts again. Return False if it was active already."""
    blocked_contacts.unblock_contacts(contacts)
    return services.unban_user(user, client, actor.user_id)
