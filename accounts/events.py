"""The log of what happened to accounts: who signed in or tried to, from where, and what was ended or changed."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from accounts.client_info import ClientInfo
from accounts.models import AuthEvent
from core.compiled_queries import CompiledInsert

Event = AuthEvent.Event
ROW = CompiledInsert(AuthEvent)


def record(event: str, place: ClientInfo, *, user_id: int | None = None, sid: UUID | None = None, **detail: Any) -> None:
    """Add a row; `detail` holds no secret and no personal data of somebody without an account.

    Where the account has just been closed, the row names nobody. In a transaction that comes out at its end, and undoes all of it.
    """
    agent = place.user_agent[:256].replace("\0", "")
    event_row = AuthEvent(event=event, user_id=user_id, sid=sid, ip=place.ip, user_agent=agent, detail=detail)
    try:
        ROW.add(event_row)
    except IntegrityError:
        event_row.user_id = event_row.sid = None
        ROW.add(event_row)


def masked(address: str) -> str:
    """Return an address or number as the log holds it: the same each time, and nothing to write or call to."""
    return salted_hmac("accounts.events", address, algorithm="sha256").hexdigest()[:16]
