"""What carriers report about parcels. Their word stands beside the shop's state; only *delivered* crosses over.

Reports come doubled, late and in any order, and always lead to the same: events are told apart by their key, the newest word is
decided by the carrier's clock, and a parcel that is delivered stays so.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from core.actors import SYSTEM, Actor
from orders.carriers.events import CarrierEvent
from orders.fulfilment.parcels import outcomes, undelivered
from orders.fulfilment.parcels.locking import lock_parcel
from orders.models import Shipment, TrackingEvent
from orders.models.shipment import MAX_EVENT_KEY, MAX_EVENT_TEXT
from orders.state import shipment_states
from orders.state.parcel_units import OrderParcels

State, Code = Shipment.State, TrackingEvent.Code


@transaction.atomic
def record_events(shipment_id: int, events: Sequence[CarrierEvent], actor: Actor = SYSTEM) -> int:
    """Record what a carrier reports about a parcel; return how many events are new. Raises ParcelNotFound.

    A parcel that is reported as delivered becomes so, with all of its cash unless the event says otherwise. What has been lost is
    found by that, unless its units were refunded or packed again; what is back in the shop, or was cancelled, is not.
    """
    parcels, shipment = lock_parcel(shipment_id)
    known = set(shipment.events.values_list("key", flat=True))
    rows = {
        key: TrackingEvent(shipment=shipment, key=key, code=event.code, text=event.text[:MAX_EVENT_TEXT], at=event.at)
        for event in events
        if (key := event.key[:MAX_EVENT_KEY]) not in known
    }
    TrackingEvent.objects.bulk_create(rows.values())
    newest = shipment.events.order_by("-at", "-key").first()
    shipment.carrier_status = newest.code if newest is not None else ""
    shipment.save(update_fields=["carrier_status", "updated_at"])
    _apply_delivery(actor, parcels, shipment, events)
    return len(rows)


def _apply_delivery(actor: Actor, parcels: OrderParcels, shipment: Shipment, events: Sequence[CarrierEvent]) -> None:
    deliveries = [event for event in events if event.code == Code.DELIVERED]
    if not deliveries:
        return
    first = min(deliveries, key=lambda event: (event.at, event.key))
    at = min(first.at, timezone.now())
    is_replaced = shipment.state == State.LOST and not undelivered.can_be_found(parcels, shipment)
    if shipment_states.can_move(shipment, State.DELIVERED) and not is_replaced:
        outcomes.deliver(actor, parcels, shipment, at, collected=first.collected_minor, is_reported=True)
    elif shipment.state == State.DELIVERED:
        shipment_states.deliver_earlier(shipment, at)
