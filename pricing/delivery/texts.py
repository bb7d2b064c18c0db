"""When a delivery arrives, in words."""

from datetime import date

from django.utils.formats import date_format


def describe_dates(earliest: date | None, latest: date | None) -> str:
    """Return the days on which a delivery can arrive, such as "3 Mar 2026 to 5 Mar 2026"; empty if they are not known."""
    if earliest is not None and latest is not None and earliest != latest:
        return f"{date_format(earliest)} to {date_format(latest)}"
    if latest is not None:
        return date_format(latest) if earliest else f"by {date_format(latest)}"
    return f"from {date_format(earliest)}" if earliest is not None else ""
