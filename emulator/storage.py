"""Persists state across restarts in a SQLite file, if one is configured."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

UNDELIVERED = "owed"  # kind of the rows for pending events; the name is part of the file format


class Storage:
    """One row for each value; `save` writes the values marked since the last save.

    Callers hold `lock` while they change state, so that no partial operation is written.
    """

    def __init__(self, path: str, lock: threading.RLock) -> None:
        self.lock = lock
        self.file = sqlite3.connect(path, check_same_thread=False) if path else None
        self.marked: dict[tuple[str, str], Any] = {}
        if self.file:
            self.file.execute("CREATE TABLE IF NOT EXISTS kept (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))")

    def load(self) -> Iterator[tuple[str, str, Any]]:
        """Yield the kind, id and value of each stored row, oldest first."""
        if self.file:
            for kind, row_id, body in self.file.execute("SELECT kind, id, body FROM kept ORDER BY rowid"):
                yield kind, row_id, json.loads(body)

    def mark(self, kind: str, row_id: str, value: Any) -> None:
        """Mark a value as new or changed, or with None as deleted."""
        if self.file:
            with self.lock:
                self.marked[kind, row_id] = value

    def clear(self) -> None:
        """Delete everything, including the rows in the file."""
        with self.lock:
            self.marked.clear()
            if self.file:
                with self.file:
                    self.file.execute("DELETE FROM kept")

    def save(self) -> None:
        """Write the marked values."""
        with self.lock:
            if not self.file or not self.marked:
                return
            rows = [(kind, row_id, json.dumps(value)) for (kind, row_id), value in self.marked.items() if value is not None]
            deleted = [key for key, value in self.marked.items() if value is None]
            with self.file:
                self.file.executemany("DELETE FROM kept WHERE kind = ? AND id = ?", deleted)
                self.file.executemany(
                    "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body", rows
                )
            self.marked.clear()
