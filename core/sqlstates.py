"""Codes of database errors (https://www.postgresql.org/docs/15/errcodes-appendix.html)."""

QUERY_CANCELED = "57014"  # by a time limit, as a rule
ROLLBACK_CLASS = "40"  # the first characters: serialization failures, deadlocks


def get_sqlstate(error: Exception) -> str:
    """Return the code that the server gave an error of Django's; empty if it came from the client or from SQLite."""
    return getattr(error.__cause__, "sqlstate", None) or ""
