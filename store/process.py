"""What this process does, as its entry point says before Django reads the settings."""

is_serving = False  # whether it answers requests (store/wsgi.py, store/asgi.py), or runs a command
