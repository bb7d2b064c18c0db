"""Statements that are compiled once and run many times.

Django builds the SQL of a QuerySet anew at each call, and for the hot reads that costs more than the database does. A
`Statement` compiles a QuerySet once for each database engine, with a `Slot` where a value goes in, and afterwards only runs it.
It stays Django that writes the SQL, so both engines are served by one definition.
"""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")


class Slot(Expression):
    """A place for a value that is given by name when the statement runs."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Stand in the SQL as a parameter; `Statement` puts the value there."""
        return "%s", (self,)


class Compiled(NamedTuple):
    """What is left of a QuerySet when it has been compiled for one engine."""

    sql: str
    params: tuple[Any, ...]
    converters: list[tuple[int, list[Callable[..., Any]], Any]]


class Statement(Generic[Row]):
    """A read, made of a QuerySet of `values_list`, whose rows `make` turns into what they mean: a NamedTuple's `_make`.

    With `locks` the rows of that model's table are locked until the transaction ends, in the order of the QuerySet. (Django's
    `select_for_update(of=...)` cannot be joined with `values_list`.)
    """

    def __init__(
        self, make: Callable[[Any], Row], build: Callable[[], QuerySet[Any, Any]], *, locks: type[Model] | None = None
    ) -> None:
        self._make = make
        self._build = build
        self._locks = locks
        self._compiled: dict[str, Compiled] = {}

    def rows(self, **given: Any) -> list[Row]:
        """Run it with these values in its slots."""
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._compiled.get(connection.vendor)
        if compiled is None:
            compiled = self._compiled[connection.vendor] = _compile(self._build(), connection, self._locks)
        params = [_value(param, given, connection) if isinstance(param, Slot) else param for param in compiled.params]
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, params)
            found = cursor.fetchall()
        if compiled.converters:
            found = [_converted(row, compiled.converters, connection) for row in found]
        return list(map(self._make, found))

    def first(self, **given: Any) -> Row | None:
        """Return the first row, or None."""
        found = self.rows(**given)
        return found[0] if found else None


def _compile(queryset: QuerySet[Any, Any], connection: BaseDatabaseWrapper, locks: type[Model] | None) -> Compiled:
    compiler = queryset.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    if locks is not None and connection.features.has_select_for_update:
        sql += f" FOR UPDATE OF {connection.ops.quote_name(locks._meta.db_table)}"
    columns = [column for column, _, _ in compiler.select[: compiler.col_count]]
    converters = [(index, list(functions), column) for index, (functions, column) in compiler.get_converters(columns).items()]
    return Compiled(sql, tuple(params), converters)


def _value(slot: Slot, given: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
    return slot.output_field.get_db_prep_value(given[slot.name], connection=connection, prepared=False)


def _converted(row: Any, converters: list[tuple[int, list[Callable[..., Any]], Any]], connection: Any) -> list[Any]:
    values = list(row)
    for index, functions, column in converters:
        for convert in functions:
            values[index] = convert(values[index], column, connection)
    return values
