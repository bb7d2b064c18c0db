"""The examples in the OpenAPI document are answers of this shop"""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as shop_settings
from pytest_django import Settings

from accounts.tests.factories import make_access_token, make_user
from accounts.tests.google_keys import configure_google_sign_in
from accounts.tests.phones import use_sms_file
from orders.tests.payments.card_payments import CardPayments
from tests import api_examples
from tests.schema_client import JSON, find_problems, get_operations, resolve_response


def read_examples() -> api_examples.Examples:
    """Return the stored examples."""
    examples: api_examples.Examples = json.loads(shop_settings.API_EXAMPLES.read_text())
    return examples


def outline(value: Any) -> Any:
    """Return the structure of a value: the keys of objects, the first row of lists, and types."""
    if isinstance(value, dict):
        return {name: outline(part) for name, part in value.items()}
    if isinstance(value, list):
        return [outline(part) for part in value[:1]]
    return type(value).__name__


@pytest.mark.once
@pytest.mark.django_db
def test_the_shop_answers_as_the_examples_say(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unthrottled: None, card_payments: CardPayments
) -> None:
    configure_google_sign_in(settings, monkeypatch, tmp_path)
    texts = use_sms_file(tmp_path, settings)
    api_examples.import_catalog(tmp_path)
    recorded: api_examples.Examples = {}
    customer, staff = api_examples.Recorder(recorded), api_examples.Recorder(recorded)
    staff.bearer(make_access_token(make_user("admin@example.com", is_staff=True, is_superuser=True)))

    api_examples.record_shopping(customer)
    api_examples.record_orders(customer, card_payments)
    settings.COD_RULES = {"in": (Decimal(0), None)}
    api_examples.record_phone_confirmation(customer, texts)
    api_examples.record_account(customer, texts)
    api_examples.record_catalog_management(staff)

    if os.environ.get("WRITE_EXAMPLES"):
        shop_settings.API_EXAMPLES.write_text(json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    assert outline(recorded) == outline(read_examples()), "run: make examples"


@pytest.mark.parametrize("name", sorted(get_operations()))
def test_each_operation_has_an_example_that_its_schema_allows(name: str) -> None:
    operation, examples = get_operations()[name], read_examples()[name]
    bodies = operation.get("requestBody", {}).get("content", {})

    problems = [] if JSON not in bodies else list(find_problems(examples["request"], bodies[JSON]["schema"]))
    for status in operation["responses"]:
        if status in ("200", "201", "202"):
            schema = resolve_response(operation, int(status))["content"][JSON]["schema"]
            problems += find_problems(examples[status], schema)

    assert problems == []
