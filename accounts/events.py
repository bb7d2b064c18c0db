"""The account event log: sign-ins, failed attempts, ended sessions and changes, each with its client."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from accounts.client_info import ClientInfo
from accounts.models import AuthEvent
from core.compiled_queries import CompiledInsert

Event = AuthEvent.Event
INSERT_EVENT = CompiledInsert(AuthEvent)


def record_event(event: str, client: ClientInfo, *, user_id: int | None = None, sid: UUID | None = None, **detail: Any) -> None:
    """Add a row; `detail` must not hold secrets or personal data of people without an account.

    If the account has just been erased, the row has no user. Inside a transaction the missing user is only detected at commit,
    which then rolls everything back.
    """
    agent = client.user_agent[:256].replace("\0", "")
    event_row = AuthEvent(event=event, user_id=user_id, sid=sid, ip=client.ip, user_agent=agent, detail=detail)
    try:
        INSERT_EVENT.add(event_row)
    except IntegrityError:
        event_row.user_id = event_row.sid = None
        INSERT_EVENT.add(event_row)


def hash_contact(address: str) -> str:
    """Return a keyed hash of an e-mail address or phone number: stable, so that rows can be compared, but not reversible."""
    return salted_hmac("accounts.events", address, algorithm="sha256").hexdigest()[:16]
