"""The WSGI application that a production server runs."""

import os

from django.core.wsgi import get_wsgi_application

from store import process

process.is_serving = True
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
application = get_wsgi_application()
