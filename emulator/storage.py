"""Keeps what must outlive a restart in a SQLite file, where there is one."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any


class Storage:
    """One row for each thing: what was marked since the last time is written, and nothing else.

    `lock` is the one that whoever changes something holds: no half of an act is ever written.
    """

    def __init__(self, path: str, lock: threading.RLock) -> None:
        self.lock = lock
        self.file = sqlite3.connect(path, check_same_thread=False) if path else None
        self.marked: dict[tuple[str, str], Any] = {}
        if self.file:
            self.file.execute("CREATE TABLE IF NOT EXISTS kept (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))")

    def load(self) -> Iterator[tuple[str, str, Any]]:
        """Yield kind, id and thing of all that was kept, the oldest first."""
        if self.file:
            for kind, name, body in self.file.execute("SELECT kind, id, body FROM kept ORDER BY rowid"):
                yield kind, name, json.loads(body)

    def mark(self, kind: str, name: str, thing: Any) -> None:
        """Remember that a thing is new or has changed, or with None that it is gone."""
        if self.file:
            with self.lock:
                self.marked[kind, name] = thing

    def clear(self) -> None:
        """Forget everything, in the file too."""
        with self.lock:
            self.marked.clear()
            if self.file:
                with self.file:
                    self.file.execute("DELETE FROM kept")

    def save(self) -> None:
        """Write what is marked."""
        with self.lock:
            if not self.file or not self.marked:
                return
            rows = [(kind, name, json.dumps(thing)) for (kind, name), thing in self.marked.items() if thing is not None]
            gone = [key for key, thing in self.marked.items() if thing is None]
            with self.file:
                self.file.executemany("DELETE FROM kept WHERE kind = ? AND id = ?", gone)
                self.file.executemany(
                    "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body", rows
                )
            self.marked.clear()
