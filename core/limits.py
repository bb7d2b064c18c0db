"""The sizes that a request may have."""

MAX_BODY = 256 * 1024  # bytes
MAX_FILE = 5 * 1024 * 1024  # bytes of an uploaded file
