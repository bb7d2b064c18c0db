"""The ASGI application, for hosts that offer nothing else; WSGI costs half the CPU (docs/decisions/0003)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
application = get_asgi_application()
