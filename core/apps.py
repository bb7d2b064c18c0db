"""The kernel as a Django app, with the outbox table and its worker."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    """Imports every app's `jobs` module at start-up, and starts tracing: under gunicorn in each worker, after the fork."""

    name = "core"
    label = "core"
    verbose_name = "System"  # as in the sidebar

    def ready(self) -> None:
        from core import checks  # noqa: F401 - registers the checks

        autodiscover_modules("jobs")
        if settings.TRACING:
            from core import tracing

            tracing.start(settings.TRACING)
