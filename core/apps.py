"""The kernel as an app: the outbox table and its worker."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    """Finds every app's `jobs` at start-up."""

    name = "core"
    label = "core"

    def ready(self) -> None:
        from core import checks  # noqa: F401 - registers them

        autodiscover_modules("jobs")
