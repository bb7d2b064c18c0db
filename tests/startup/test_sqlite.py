"""The SQLite file: readers and writers side by side."""

from pathlib import Path

from tests.processes import PRODUCTION, run_script

PRAGMAS = """
from django.db import connection
with connection.cursor() as cursor:
    found = {}
    for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous"):
        cursor.execute(f"PRAGMA {name}")
        found[name] = cursor.fetchone()[0]
print(json.dumps(found))
"""
WRITER = """
import sqlite3
from django.db import connection, transaction
connection.ensure_connection()
other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
other.isolation_level = None
tried = []
def attempt(statement):
    try:
        other.execute(statement)
        tried.append("done")
    except sqlite3.OperationalError as wrong:
        tried.append(str(wrong))
attempt("CREATE TABLE seen (id)")
with transaction.atomic():
    attempt("INSERT INTO seen VALUES (1)")
    attempt("SELECT * FROM seen")
attempt("INSERT INTO seen VALUES (2)")
print(json.dumps(tried))
"""


def test_it_writes_ahead_waits_20_seconds_for_its_turn_and_keeps_references(project: Path, tmp_path: Path) -> None:
    found = run_script(project, PRAGMAS, **PRODUCTION, DATABASE_URL=f"sqlite:///{tmp_path / 'shop.sqlite3'}")

    assert found == {"journal_mode": "wal", "busy_timeout": 20_000, "foreign_keys": 1, "synchronous": 1}


def test_a_transaction_is_the_only_writer_from_its_first_moment_and_stops_no_reader(project: Path, tmp_path: Path) -> None:
    tried = run_script(project, WRITER, **PRODUCTION, DATABASE_URL=f"sqlite:///{tmp_path / 'shop.sqlite3'}")

    assert tried == ["done", "database is locked", "done", "done"]
