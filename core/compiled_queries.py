"""Queries that Django compiles once and runs many times.

Building the SQL of a QuerySet costs more than the database does on the hot paths. `CompiledSelect`, `CompiledUpdate`,
`CompiledDelete`, `CompiledInsert` and `CompiledCount` compile a QuerySet once for each database engine, with a `Param` wherever a
value is bound, and only execute it afterwards. Django still writes the SQL, so one definition serves both engines.

Use them only where a budget test or a measurement asks for one: reads and CASE updates on hot paths earn it, a plain insert
hardly ever does (docs/decisions/0003-speed.md).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Expression, Field, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler, SQLInsertCompiler

Row = TypeVar("Row")
Result = TypeVar("Result")
Instance = TypeVar("Instance", bound=Model)


class Param(Expression):
    """A place for a value that is given by name when the statement runs."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Stand in the SQL as a parameter; `CompiledSelect` puts the value there."""
        return "%s", (self,)


class Compiled(NamedTuple):
    """What is left of a statement when it has been compiled for one engine."""

    sql: str
    params: tuple[Any, ...]
    converters: list[tuple[int, list[Callable[..., Any]], Any]]
    plan_each: bool = False

    def execute(self, connection: BaseDatabaseWrapper, given: Mapping[str, Any], then: Callable[[Any], Result]) -> Result:
        """Run it with these values in its slots, and return what `then` makes of the cursor."""
        params = [
            param.output_field.get_db_prep_save(given[param.name], connection=connection) if isinstance(param, Param) else param
            for param in self.params
        ]
        with connection.cursor() as cursor, _unprepared(connection) if self.plan_each else nullcontext():
            cursor.execute(self.sql, params)
            return then(cursor)


@contextmanager
def _unprepared(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Have PostgreSQL plan what runs in this block for its values; a prepared statement may get one plan for all of them."""
    if connection.vendor != "postgresql":
        yield
        return
    raw: Any = connection.connection
    kept, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = kept


class Compilable:
    """Something that is compiled at its first run, once for each engine and size."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, int], Compiled] = {}

    def _for(self, connection: BaseDatabaseWrapper, size: int = 1) -> Compiled:
        compiled = self._compiled.get((connection.vendor, size))
        if compiled is None:
            compiled = self._compiled[connection.vendor, size] = self._compile(connection, size)
        return compiled

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> Compiled:
        raise NotImplementedError


class CompiledSelect(Compilable, Generic[Row]):
    """A read, made of a QuerySet of `values_list`, whose rows `make` turns into what they mean: a NamedTuple's `_make`.

    With `locks` the rows of that model's table are locked until the transaction ends, in the order of the QuerySet. (Django's
    `select_for_update(of=...)` cannot be joined with `values_list`.) With `plan_each` the database plans every run for its values:
    for reads whose best plan depends on them.
    """

    def __init__(
        self,
        make: Callable[[Any], Row],
        build: Callable[[], QuerySet[Any, Any]],
        *,
        locks: type[Model] | None = None,
        plan_each: bool = False,
    ) -> None:
        super().__init__()
        self._make = make
        self._build = build
        self._locks = locks
        self._plan_each = plan_each

    def rows(self, **given: Any) -> list[Row]:
        """Run it with these values in its slots."""
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._for(connection)
        found = compiled.execute(connection, given, lambda cursor: cursor.fetchall())
        if compiled.converters:
            found = [_converted(row, compiled.converters, connection) for row in found]
        return list(map(self._make, found))

    def first(self, **given: Any) -> Row | None:
        """Return the first row, or None."""
        found = self.rows(**given)
        return found[0] if found else None

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> Compiled:
        compiler = self._build().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        if self._locks is not None and connection.features.has_select_for_update:
            # Where the engine can, not against those who only refer to the row by a foreign key.
            strength = "NO KEY UPDATE" if connection.features.has_select_for_no_key_update else "UPDATE"
            sql += f" FOR {strength} OF {connection.ops.quote_name(self._locks._meta.db_table)}"
        columns = [column for column, _, _ in compiler.select[: compiler.col_count]]
        converters = [(index, list(functions), column) for index, (functions, column) in compiler.get_converters(columns).items()]
        return Compiled(sql, tuple(params), converters, self._plan_each)


class CompiledCount(Compilable):
    """How many rows a QuerySet has, sliced or not; planned anew for each run, for whoever counts has filters."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        super().__init__()
        self._build = build

    def run(self, **given: Any) -> int:
        """Run it with these values in its slots."""
        connection = connections[DEFAULT_DB_ALIAS]
        return self._for(connection).execute(connection, given, lambda cursor: int(cursor.fetchone()[0]))

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> Compiled:
        sql, params = self._build().query.get_compiler(connection=connection).as_sql()
        counted = f"SELECT COUNT(*) FROM ({sql}) AS counted"  # noqa: S608 - Django wrote it
        return Compiled(counted, tuple(params), [], plan_each=True)


class CompiledUpdate(Compilable):
    """An UPDATE: the rows of a QuerySet, and the columns with their new values, slots or expressions."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **columns: Any) -> None:
        super().__init__()
        self._build = build
        self._columns = columns

    def run(self, **given: Any) -> int:
        """Run it with these values in its slots; returns how many rows were changed."""
        connection = connections[DEFAULT_DB_ALIAS]
        return self._for(connection).execute(connection, given, lambda cursor: int(cursor.rowcount))

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> Compiled:
        query: Any = self._build().query.chain(UpdateQuery)
        query.add_update_values(self._columns)
        sql, params = query.get_compiler(connection=connection).as_sql()
        return Compiled(sql, tuple(params), [])


class CompiledDelete(Compilable):
    """A DELETE of the rows of a QuerySet, whose model nothing points to."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        super().__init__()
        self._build = build

    def run(self, **given: Any) -> int:
        """Run it with these values in its slots; returns how many rows are gone."""
        connection = connections[DEFAULT_DB_ALIAS]
        return self._for(connection).execute(connection, given, lambda cursor: int(cursor.rowcount))

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> Compiled:
        query = self._build().query.chain(DeleteQuery)
        sql, params = query.get_compiler(connection=connection).as_sql()
        return Compiled(sql, tuple(params), [])


class CompiledInsert(Compilable, Generic[Instance]):
    """An INSERT of instances of a model, like `bulk_create`; a row that is there already can be let be."""

    def __init__(self, model: type[Instance], *, ignore_conflicts: bool = False) -> None:
        super().__init__()
        self._model = model
        self._fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
        self._ignore = OnConflict.IGNORE if ignore_conflicts else None

    def add(self, *instances: Instance) -> None:
        """Insert the instances, in one statement, and give them their ids (unless conflicts are ignored)."""
        connection = connections[DEFAULT_DB_ALIAS]
        given = {
            f"{field.attname}:{number}": field.pre_save(instance, True)
            for number, instance in enumerate(instances)
            for field in self._fields
        }
        compiled = self._for(connection, len(instances))
        if self._ignore:
            compiled.execute(connection, given, lambda cursor: None)
            return
        ids = compiled.execute(connection, given, lambda cursor: cursor.fetchall())
        for instance, (pk,) in zip(instances, ids, strict=True):
            if isinstance(self._model._meta.pk, AutoField):
                instance.pk = pk
            instance._state.adding, instance._state.db = False, connection.alias

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> Compiled:
        query = InsertQuery(self._model, on_conflict=self._ignore)
        rows: list[Model] = [self._model() for _ in range(size)]
        for number, row in enumerate(rows):
            for field in self._fields:
                setattr(row, field.attname, Param(f"{field.attname}:{number}", field))
        query.insert_values(self._fields, rows, raw=True)
        # The engine's own compiler may fold many rows into arrays, where no slot can stand.
        compiler = SQLInsertCompiler(query, connection, connection.alias)
        if not self._ignore:
            compiler.returning_fields = [self._model._meta.pk]
        sql, params = compiler.as_sql()[0]
        return Compiled(sql, tuple(params), [])


def _converted(row: Any, converters: list[tuple[int, list[Callable[..., Any]], Any]], connection: Any) -> list[Any]:
    values = list(row)
    for index, functions, column in converters:
        for convert in functions:
            values[index] = convert(values[index], column, connection)
    return values
