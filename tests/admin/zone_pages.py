"""The pages that staff work on shipping zones and service areas with, for the admin tests."""

from collections.abc import Sequence
from typing import Any

from django.test import Client

from pricing.models import ShippingMethod, Zone

ZONES, TRY, AREAS = "/admin/pricing/zone/", "/admin/pricing/zone/try/", "/admin/pricing/servicearea/"
UPLOAD, EXPORT = f"{AREAS}upload/", f"{AREAS}export/"
METHOD = {"name": "Express", "code": "express", "price": "50", "price_per_kg": "0", "cod": "on", "cod_fee": "0", "is_active": "on"}


def build_form(zone: Zone | None = None, /, *, methods: Sequence[dict[str, Any]] = ({},), **fields: Any) -> dict[str, Any]:
    """Return the form of a zone for all of India with one method, as a browser would send it, with other values."""
    rows: list[ShippingMethod] = list(zone.methods.all()) if zone is not None else []
    form: dict[str, Any] = {
        "name": "India",
        "market": "in",
        "priority": "0",
        "countries": "IN",
        "methods-TOTAL_FORMS": len(methods),
        "methods-INITIAL_FORMS": min(len(rows), len(methods)),
    } | fields
    for number, method in enumerate(methods):
        values = {**METHOD, "id": rows[number].pk if number < len(rows) else "", **method}
        form |= {f"methods-{number}-{name}": value for name, value in values.items() if value is not None}
    return form


def save(client: Client, zone: Zone | None = None, /, **fields: Any) -> Any:
    """Send the form of a new zone, or of one that there is."""
    path = f"{ZONES}{zone.pk}/change/" if zone is not None else f"{ZONES}add/"
    return client.post(path, build_form(zone, **fields))


def save_new(client: Client, **fields: Any) -> Zone:
    """Save a new zone and return it."""
    response = save(client, **fields)
    assert response.status_code == 302, list_errors(response)
    return Zone.objects.latest("id")


def list_errors(response: Any) -> dict[str, list[str]]:
    """Return the messages of a refused form by field; those of the methods with the number of their form."""
    errors = {name: [str(text) for text in texts] for name, texts in response.context["adminform"].form.errors.items()}
    formset = response.context["inline_admin_formsets"][0].formset
    for number, row in enumerate(formset.errors):
        errors |= {f"{number}-{name}": [str(text) for text in texts] for name, texts in row.items()}
    return errors


def list_messages(client: Client, path: str = ZONES) -> list[str]:
    """Return the messages that the next page shows."""
    return [str(message) for message in client.get(path).context["messages"]]
