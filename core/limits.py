"""The sizes that a request and a refusal may have. Whatever a client sends costs little and gets a short answer."""

MAX_BODY = 256 * 1024  # bytes
MAX_FILE = 5 * 1024 * 1024  # bytes of an uploaded file
MAX_PATH, MAX_QUERY = 8190, 100_000  # characters; gunicorn.conf.py limits the whole request line to 8190
MAX_LINKED_PARAMETERS, MAX_LINKED_VALUE = 20, 200  # what a link to the next page repeats of a query string
MAX_ERROR_FIELDS = 20  # in a refusal; the last one says how many more there are
MAX_ERROR_TEXT = 500  # characters of a message, which may quote what was sent
MAX_ERROR_KEY = 100  # characters of the path of a field
