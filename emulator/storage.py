"""Keeps the books in a SQLite file, so that a demo outlives a restart."""

import json
import sqlite3
import threading

from emulator.books import TABLES, Books


class Storage:
    """One row for each object; what has not changed is not written again."""

    def __init__(self, path: str) -> None:
        self.lock = threading.Lock()
        self.file = sqlite3.connect(path, check_same_thread=False)
        self.file.execute("CREATE TABLE IF NOT EXISTS object (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))")
        self.known: dict[tuple[str, str], str] = {}

    def load(self, books: Books) -> None:
        """Fill the books with what was saved."""
        for kind, name, body in self.file.execute("SELECT kind, id, body FROM object ORDER BY rowid"):
            self.known[kind, name] = body
            getattr(books, kind)[name] = json.loads(body)

    def save(self, books: Books) -> None:
        """Write what is new or has changed."""
        with self.lock, books.lock:
            now = {(kind, name): json.dumps(body) for kind in TABLES for name, body in getattr(books, kind).items()}
            new = [(kind, name, body) for (kind, name), body in now.items() if self.known.get((kind, name)) != body]
            gone = self.known.keys() - now.keys()
            with self.file:
                self.file.executemany("DELETE FROM object WHERE kind = ? AND id = ?", list(gone))
                self.file.executemany(
                    "INSERT INTO object VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body", new
                )
            self.known = now
