"""The ASGI application, for hosts that require ASGI; WSGI uses half the CPU time (docs/decisions/0003)."""

import os

from django.core.asgi import get_asgi_application

from store import process

process.is_serving = True
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
application = get_asgi_application()
