"""Staff who save the settings at once: one change, the others are told; the history is complete."""

import pytest

from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import make_user
from core.actors import Actor
from core.models import ShopSetting, ShopSettingChange
from core.shop_settings import services
from core.shop_settings.services import SettingsChanged


@pytest.mark.django_db(transaction=True)
def test_of_forms_opened_at_the_same_time_one_is_saved() -> None:
    user = make_user(is_staff=True)

    def save(number: int) -> bool:
        try:
            return bool(services.save_settings(Actor(user.pk, None, "staff"), {"shop_name": f"Shop {number}"}, last_change=0))
        except SettingsChanged:
            return False

    saved = run_concurrently(8, save)

    assert saved.count(True) == 1
    name = f"Shop {saved.index(True)}"
    assert ShopSetting.objects.get().value == name
    change = ShopSettingChange.objects.get()
    assert (change.old_value, change.new_value, change.user) == ("Our shop", name, user)


@pytest.mark.django_db(transaction=True)
def test_staff_who_read_again_before_saving_leave_a_history_without_gaps() -> None:
    def save(number: int) -> None:
        while True:
            try:
                last_change = services.get_last_change(["shop_name"])
                services.save_settings(Actor(), {"shop_name": f"Shop {number}"}, last_change=last_change)
                return
            except SettingsChanged:
                continue

    run_concurrently(6, save)

    changes = list(ShopSettingChange.objects.order_by("pk"))
    assert len(changes) == 6
    assert [change.old_value for change in changes] == ["Our shop", *(change.new_value for change in changes[:-1])]
    assert ShopSetting.objects.get().value == changes[-1].new_value


@pytest.mark.django_db(transaction=True)
def test_changes_of_different_pages_do_not_disturb_each_other() -> None:
    names = ["shop_name", "mail.order_placed.subject", "mail.order_paid.subject"]

    run_concurrently(3, lambda number: services.save_settings(Actor(), {names[number]: "Hello"}, last_change=0))

    assert set(ShopSetting.objects.values_list("name", flat=True)) == set(names)
