"""Recording what a carrier pays. A remittance is written first, with all of its rows; then each row pays its parcel.

Each row has a transaction of its own, under the lock of its order, in ascending id of the orders: an import that stops half-way is
finished by importing the file again. Amounts are in minor units.
"""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Q

from core import money
from core.actors import Actor
from orders.exceptions import InvalidTransition, RemittanceDiffers
from orders.fulfilment.parcels.locking import lock_parcel
from orders.models import Remittance, RemittanceLine, Shipment
from orders.remittances import checks, matching
from orders.remittances.drafts import Draft
from orders.remittances.matching import Names
from orders.remittances.results import Matched, Result, Unmatched
from orders.state import transitions
from orders.state.locking import lock_order

REMITTED_EVENT, TAKEN_BACK_EVENT = "cash_remitted", "cash_taken_back"
TAKEN_BACK = "taken back by staff"
MAX_TWINS = 3  # remittances that are compared row by row


def preview(draft: Draft) -> Result:
    """Return what recording a draft would do. Raises RemittanceDiffers."""
    remittance = _find_recorded(draft)
    lines = _build_lines(draft) if remittance is None else list(remittance.lines.order_by("row"))
    result = _start(draft, remittance, lines)
    open_lines = [line for line in lines if line.shipment_id is None and line.problem != TAKEN_BACK]
    found = _find(draft.carrier, open_lines)
    in_remittance = {line.shipment_id for line in lines if line.shipment_id is not None}
    for line in open_lines:
        parcel = found.get(line.row, line.problem)
        problem = parcel if isinstance(parcel, str) else checks.find_problem(parcel, draft.carrier, draft.currency, _get_paid(line))
        if not isinstance(parcel, str) and parcel.pk in in_remittance:
            problem = checks.TWICE.format(parcel.label)
        if problem or isinstance(parcel, str):
            result.unmatched.append(_describe(line, problem))
        else:
            in_remittance.add(parcel.pk)
            result.matched.append(_pay(parcel, line))
    return _finish(result, lines)


def record(actor: Actor, draft: Draft) -> Result:
    """Record a remittance. If it is recorded already, only its rows without a parcel are matched again.

    Rows that staff have taken back are not. Raises RemittanceDiffers.
    """
    remittance = _find_recorded(draft)
    is_new = remittance is None
    if remittance is None:
        try:
            remittance = _create(actor, draft)
        except IntegrityError:  # another process records the same file
            remittance, is_new = _find_recorded(draft), False
            if remittance is None:
                raise
    lines = list(remittance.lines.order_by("row"))
    result = _start(draft, None if is_new else remittance, lines)
    _match(actor, remittance, [line for line in lines if line.problem != TAKEN_BACK], result)
    return _finish(result, lines)


def match_again(actor: Actor, remittance: Remittance, lines: Iterable[RemittanceLine] | None = None) -> Result:
    """Look again for the parcels of rows without one: of these, or of all of the remittance, with those that were taken back."""
    rows = list(remittance.lines.order_by("row") if lines is None else lines)
    result = Result(remittance.currency, is_new=False, charges_minor=remittance.charges_minor)
    _match(actor, remittance, rows, result)
    return _finish(result, rows)


@transaction.atomic
def remove_line(actor: Actor, line_id: int) -> None:
    """Take a row back from its parcel: the match was wrong. The money stays in the remittance. Raises InvalidTransition."""
    line = RemittanceLine.objects.select_related("remittance", "shipment").get(pk=line_id)
    if line.shipment is None:
        raise InvalidTransition("This row has no parcel")
    order = lock_order(line.shipment.order_id)
    if not RemittanceLine.objects.filter(pk=line_id, shipment=line.shipment).update(shipment=None, problem=TAKEN_BACK):
        raise InvalidTransition("This row has no parcel")
    shipment = Shipment.objects.get(pk=line.shipment.pk)
    shipment.order = order
    shipment.remitted_minor -= _get_paid(line)
    has_others = shipment.remittance_lines.exists()
    shipment.short_by_carrier_minor = checks.get_unpaid_minor(shipment) if has_others else 0
    shipment.save(update_fields=["remitted_minor", "short_by_carrier_minor", "updated_at"])
    _record_event(actor, shipment, TAKEN_BACK_EVENT, line.remittance, _get_paid(line))


def _find_recorded(draft: Draft) -> Remittance | None:
    """Return the remittance that a draft repeats. Raises RemittanceDiffers if it has other rows or charges."""
    remittance = Remittance.objects.filter(carrier=draft.carrier, reference=draft.reference).first()
    if remittance is None:
        return None
    has_same_charges = draft.charges_minor in (None, remittance.charges_minor)
    if remittance.currency != draft.currency or not has_same_charges or not _has_rows(remittance, draft):
        raise RemittanceDiffers(f"The remittance {draft.reference} of {draft.carrier} is recorded with other rows or charges")
    return remittance


def _has_rows(remittance: Remittance, draft: Draft) -> bool:
    rows = remittance.lines.order_by("row").values_list("row", "tracking_number", "order_number", "paid_minor")
    return list(rows) == [(line.row, *line.names, line.paid_minor) for line in draft.lines]


@transaction.atomic
def _create(actor: Actor, draft: Draft) -> Remittance:
    remittance = Remittance.objects.create(
        carrier=draft.carrier,
        reference=draft.reference,
        currency=draft.currency,
        charges_minor=draft.charges_minor or 0,
        created_by_id=actor.user_id,
    )
    lines = _build_lines(draft)
    for line in lines:
        line.remittance = remittance
    RemittanceLine.objects.bulk_create(lines, batch_size=500)
    return remittance


def _build_lines(draft: Draft) -> list[RemittanceLine]:
    return [
        RemittanceLine(
            row=line.row,
            tracking_number=line.tracking_number,
            order_number=line.order_number,
            paid_minor=line.paid_minor,
            problem=line.problem,
        )
        for line in draft.lines
    ]


def _start(draft: Draft, remittance: Remittance | None, lines: Sequence[RemittanceLine]) -> Result:
    charges = (draft.charges_minor or 0) if remittance is None else remittance.charges_minor
    result = Result(draft.currency, is_new=remittance is None, charges_minor=charges)
    if remittance is None:
        others = Remittance.objects.filter(carrier=draft.carrier, currency=draft.currency).exclude(reference=draft.reference)
        first = lines[0]
        others = others.filter(lines__row=first.row, lines__tracking_number=first.tracking_number)
        others = others.filter(lines__order_number=first.order_number).order_by("-pk").distinct()
        result.twin = next((other.reference for other in others[:MAX_TWINS] if _has_rows(other, draft)), "")
    return result


def _finish(result: Result, lines: Sequence[RemittanceLine]) -> Result:
    """Complete a result, and put it into the order of the file."""
    result.matched.sort()
    result.unmatched += [_describe(line, line.problem) for line in lines if line.shipment_id is None and line.problem == TAKEN_BACK]
    result.unmatched.sort()
    result.earlier = len(lines) - len(result.matched) - len(result.unmatched)
    return result


def _find(carrier: str, lines: Iterable[RemittanceLine]) -> dict[int, Shipment | str]:
    """Return the parcel of each row, or why there is none, by the number of the row; without rows whose amount is unreadable."""
    readable = [line for line in lines if line.paid_minor is not None]
    found = matching.find_parcels(carrier, (_get_names(line) for line in readable))
    return {line.row: found[_get_names(line)] for line in readable}


def _get_paid(line: RemittanceLine) -> int:
    """Return what a row pays; one that cannot be read pays nothing, and is never matched."""
    return line.paid_minor or 0


def _get_names(line: RemittanceLine) -> Names:
    return Names(line.tracking_number, line.order_number)


def _describe(line: RemittanceLine, problem: str) -> Unmatched:
    return Unmatched(line.row, line.tracking_number or line.order_number, line.paid_minor, problem)


def _match(actor: Actor, remittance: Remittance, lines: Sequence[RemittanceLine], result: Result) -> None:
    """Match rows without a parcel, in the order in which orders are locked."""
    open_lines = [line for line in lines if line.shipment_id is None]
    found = _find(remittance.carrier, open_lines)
    parcels: list[tuple[Shipment, RemittanceLine]] = []
    for line in open_lines:
        parcel = found.get(line.row, line.problem)
        if isinstance(parcel, Shipment):
            parcels.append((parcel, line))
        else:
            _set_problem(line, parcel, result)
    for parcel, line in sorted(parcels, key=lambda pair: (pair[0].order_id, pair[1].row)):
        _match_line(actor, remittance, line, parcel.pk, result)


@transaction.atomic
def _match_line(actor: Actor, remittance: Remittance, line: RemittanceLine, parcel_id: int, result: Result) -> None:
    """Let a row pay its parcel, or record why it cannot; a row that another process has matched meanwhile stays as it is."""
    _, shipment = lock_parcel(parcel_id)
    is_matched = Q(pk=line.pk, shipment__isnull=False) | Q(shipment=shipment)
    matched = set(remittance.lines.filter(is_matched).values_list("pk", flat=True))
    if line.pk in matched:
        return
    problem = checks.find_problem(shipment, remittance.carrier, remittance.currency, _get_paid(line))
    if matched:
        problem = checks.TWICE.format(shipment.label)
    if problem:
        _set_problem(line, problem, result)
    elif RemittanceLine.objects.filter(pk=line.pk, shipment=None).update(shipment=shipment, problem=""):
        line.shipment, line.problem = shipment, ""
        shipment.carrier = shipment.carrier or remittance.carrier
        result.matched.append(_pay(shipment, line))
        shipment.save(update_fields=["carrier", "remitted_minor", "short_by_carrier_minor", "updated_at"])
        _record_event(actor, shipment, REMITTED_EVENT, remittance, _get_paid(line))


def _pay(shipment: Shipment, line: RemittanceLine) -> Matched:
    """Set what is paid of a parcel, and what it lacks then; the caller saves it."""
    shipment.remitted_minor += _get_paid(line)
    shipment.short_by_carrier_minor = checks.get_unpaid_minor(shipment)
    return Matched(line.row, shipment.label, _get_paid(line), shipment.short_by_carrier_minor)


def _set_problem(line: RemittanceLine, problem: str, result: Result) -> None:
    if line.problem != problem:
        RemittanceLine.objects.filter(pk=line.pk, shipment=None).update(problem=problem)
        line.problem = problem
    result.unmatched.append(_describe(line, problem))


def _record_event(actor: Actor, shipment: Shipment, kind: str, remittance: Remittance, paid_minor: int) -> None:
    amount = money.format_price(money.to_major(paid_minor, remittance.currency), remittance.currency)
    data = {"parcel": shipment.number, "amount": amount, "remittance": f"{remittance.carrier} {remittance.reference}"}
    transitions.save_order(shipment.order)
    transitions.record_event(shipment.order, kind, actor, **data)
