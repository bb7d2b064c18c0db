"""The code of the previous release, which tests run beside today's on one database.

`make previous-release RELEASE=<tag>` replaces it when a release is made.
"""

import re
import tarfile
from functools import cache
from pathlib import Path

ARCHIVE = Path(__file__).with_name("previous_release.tar.gz")
MIGRATION = re.compile(r"(?:\w+/)*(\w+)/migrations/(\d{4})_\w+\.py")


def extract(folder: Path) -> Path:
    """Unpack the release into a folder, and return that."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder


@cache
def list_last_migrations() -> dict[str, str]:
    """Return the number of the last migration of each app."""
    with tarfile.open(ARCHIVE) as archive:
        matches = [match for name in sorted(archive.getnames()) if (match := MIGRATION.fullmatch(name))]
    return {match[1]: match[2] for match in matches}
