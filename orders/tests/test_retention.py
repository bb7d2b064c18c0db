"""`manage.py clean_up`: old payment events, processed or not, and pictures that no order shows"""

import os
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from carts.tests.factories import add_to_cart
from orders.models import OrderItem, Redemption, StripeEvent
from orders.tests.factories import customer, placed
from pricing import rules
from pricing.models import Promotion
from pricing.tests.factories import make_promotion
from products.models import ProductImage
from products.tests.factories import make_product
from tests.image_files import list_stored_files, make_image, make_staff_client, upload_image
from tests.schema_client import SchemaClient

TWO_DAYS = 2 * 24 * 60 * 60


@pytest.mark.parametrize("status", ["received", "failed", "done", "ignored"])
def test_an_event_is_kept_for_ninety_days_whatever_has_become_of_it(db: None, status: str) -> None:
    for days in (89, 91):
        at = timezone.now() - timedelta(days=days)
        is_over = status in ("done", "ignored")
        StripeEvent.objects.create(
            event_id=f"evt_{days}", type="x", created=at, payload="{}", status=status, processed_at=at if is_over else None
        )
        StripeEvent.objects.filter(event_id=f"evt_{days}").update(received_at=at)
    output = StringIO()

    call_command("clean_up", stdout=output)

    assert "1 payment events" in output.getvalue()
    assert StripeEvent.objects.get().event_id == "evt_89"


def test_a_picture_that_an_order_shows_is_kept_after_its_product_has_lost_it(api: SchemaClient) -> None:
    lamp, staff = make_product(), make_staff_client()
    image = upload_image(staff, lamp, make_image("JPEG", (900, 600)))
    add_to_cart(api, lamp)
    placed(api)
    staff.delete(f"/api/products/{lamp.pk}/images/{image.pk}/")
    for name in list_stored_files():
        os.utime(Path(settings.MEDIA_ROOT) / name, (time.time() - TWO_DAYS,) * 2)
    assert list_stored_files() == sorted([str(image.image.name), image.thumbnail])
    output = StringIO()

    call_command("clean_up", stdout=output)

    assert output.getvalue() == "1 picture files\nClean.\n"
    assert list_stored_files() == [image.thumbnail]
    assert OrderItem.objects.get().image_url == f"/media/{image.thumbnail}"
    assert not ProductImage.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["ends_at", "deleted_at"])
def test_who_has_used_a_promotion_is_known_until_ninety_days_after_its_end(column: str) -> None:
    for days in (89, 91, None):
        promotion = make_promotion(f"{days} days ago", combines=True)
        client = customer(f"ada-{days}@example.com")
        add_to_cart(client, make_product(f"Lamp {days}"))
        placed(client, email="ada@example.com")
        Promotion.objects.filter(pk=promotion.pk).update(
            is_active=False, **{column: timezone.now() - timedelta(days=days) if days else None}
        )
        rules.rebuild()
    output = StringIO()

    call_command("clean_up", stdout=output)

    assert "1 contacts of ended promotions" in output.getvalue()
    hashed = Redemption.objects.exclude(email_hash="").exclude(phone_hash="")
    assert set(hashed.values_list("promotion__name", flat=True)) == {"89 days ago", "None days ago"}
    assert Redemption.objects.filter(promotion__name="91 days ago", email_hash="", phone_hash="", state="used").count() == 1
