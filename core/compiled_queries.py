"""Queries that Django compiles once and executes many times.

On hot paths, building the SQL of a QuerySet costs more than the database does. `CompiledSelect`, `CompiledRows`,
`CompiledUpdate`, `CompiledDelete`, `CompiledInsert` and `CompiledCount` compile a QuerySet once for each database engine, with a
`Param` for each bound value, and then only execute it. Django still writes the SQL, so one definition serves both engines. Selects
and counts read from where `core.replica` says; everything else goes to the primary.

Use them only where a query-budget test or a measurement justifies it: reads and CASE updates on hot paths do, a plain insert
rarely does (docs/decisions/0003-speed.md).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Expression, Field, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler, SQLInsertCompiler

from core import replica

Row = TypeVar("Row")
NamedRow = TypeVar("NamedRow", bound=NamedTuple)
Result = TypeVar("Result")
Instance = TypeVar("Instance", bound=Model)
Tables = Callable[[], Mapping[type[Model], QuerySet[Any, Any]]]


class Param(Expression):
    """A placeholder whose value is passed by name when the query is executed."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Compile to a query parameter; `CompiledStatement.execute` replaces it with the value."""
        return "%s", (self,)


class CompiledStatement(NamedTuple):
    """The SQL and parameters of a query, compiled for one engine."""

    sql: str
    params: tuple[Any, ...]
    converters: list[tuple[int, list[Callable[..., Any]], Any]]
    custom_plan: bool = False

    def execute(self, connection: BaseDatabaseWrapper, values: Mapping[str, Any], fetch: Callable[[Any], Result]) -> Result:
        """Execute the statement with these values and return the result of `fetch(cursor)`."""
        params = [
            param.output_field.get_db_prep_save(values[param.name], connection=connection) if isinstance(param, Param) else param
            for param in self.params
        ]
        with _open_cursor(connection) as cursor, without_prepared_statements(connection) if self.custom_plan else nullcontext():
            cursor.execute(self.sql, params)
            return fetch(cursor)


def _open_cursor(connection: BaseDatabaseWrapper) -> AbstractContextManager[Any]:
    """Return a cursor for a statement whose rows are fetched at once: that of the connection if it keeps one (core/postgresql)."""
    get_kept_cursor = getattr(connection, "get_kept_cursor", None)
    return connection.cursor() if get_kept_cursor is None else nullcontext(get_kept_cursor())


@contextmanager
def without_prepared_statements(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Disable prepared statements in this block, so that PostgreSQL does not use one generic plan for all values."""
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    raw: Any = connection.connection
    threshold, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = threshold


class CompiledQuery:
    """Base class of queries that are compiled at first use, once for each engine and number of rows."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, int], CompiledStatement] = {}

    def _get_compiled(self, connection: BaseDatabaseWrapper, size: int = 1) -> CompiledStatement:
        compiled = self._compiled.get((connection.vendor, size))
        if compiled is None:
            compiled = self._compiled[connection.vendor, size] = self._compile(connection, size)
        return compiled

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> CompiledStatement:
        raise NotImplementedError


class CompiledSelect(CompiledQuery, Generic[Row]):
    """A SELECT from a `values_list` QuerySet. `make` converts each row; `CompiledRows` makes NamedTuples.

    With `locks`, the rows of that model's table are locked in the order of the QuerySet until the transaction ends. (Django's
    `select_for_update(of=...)` cannot be combined with `values_list`.) With `custom_plan`, the database plans each execution for
    its values, for queries whose best plan depends on them. `tables` returns common table expressions, each executed at most once:
    QuerySets by the unmanaged model whose table they stand for.
    """

    def __init__(
        self,
        make: Callable[[Any], Row],
        build: Callable[[], QuerySet[Any, Any]],
        *,
        locks: type[Model] | None = None,
        custom_plan: bool = False,
        tables: Tables = dict,
    ) -> None:
        super().__init__()
        self._make = make
        self._build = build
        self._locks = locks
        self._custom_plan = custom_plan
        self._tables = tables

    def rows(self, **values: Any) -> list[Row]:
        """Execute the query with these values."""
        connection = replica.get_connection()
        compiled = self._get_compiled(connection)
        rows = compiled.execute(connection, values, lambda cursor: cursor.fetchall())
        if compiled.converters:
            rows = [_apply_converters(row, compiled.converters, connection) for row in rows]
        return list(map(self._make, rows))

    def first(self, **values: Any) -> Row | None:
        """Return the first row, or None."""
        rows = self.rows(**values)
        return rows[0] if rows else None

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> CompiledStatement:
        compiler = self._build().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        tables, table_params = _compile_tables(self._tables(), connection)
        sql, params = tables + sql, (*table_params, *params)
        if self._locks is not None and connection.features.has_select_for_update:
            # If the engine supports it, do not block inserts that only reference the row by a foreign key.
            strength = "NO KEY UPDATE" if connection.features.has_select_for_no_key_update else "UPDATE"
            sql += f" FOR {strength} OF {connection.ops.quote_name(self._locks._meta.db_table)}"
        columns = [column for column, _, _ in compiler.select[: compiler.col_count]]
        converters = [(index, list(functions), column) for index, (functions, column) in compiler.get_converters(columns).items()]
        return CompiledStatement(sql, tuple(params), converters, self._custom_plan)


class CompiledRows(CompiledSelect[NamedRow]):
    """A SELECT of the fields of a NamedTuple from a QuerySet, which annotates those that depend on a market or on params."""

    def __init__(
        self,
        row_type: type[NamedRow],
        build: Callable[[], QuerySet[Any]],
        *,
        locks: type[Model] | None = None,
        custom_plan: bool = False,
        tables: Tables = dict,
    ) -> None:
        columns = get_columns(row_type)
        super().__init__(row_type._make, lambda: build().values_list(*columns), locks=locks, custom_plan=custom_plan, tables=tables)


def _compile_tables(tables: Mapping[type[Model], QuerySet[Any, Any]], connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
    """Return the WITH clause of a query, and its parameters."""
    expressions, params = list[str](), list[Any]()
    for model, rows in tables.items():
        sql, table_params = rows.query.get_compiler(connection=connection).as_sql()
        columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in model._meta.concrete_fields)
        expressions.append(f"{connection.ops.quote_name(model._meta.db_table)} ({columns}) AS MATERIALIZED ({sql})")
        params += table_params
    return f"WITH {', '.join(expressions)} " if expressions else "", params


def get_columns(row_type: type[NamedTuple]) -> list[Any]:
    """Return what `values_list` selects for the fields of a NamedTuple, in their order.

    A field selects the column or annotation of its name, or what its type is annotated with: a lookup path, the name of an
    annotation or an expression, as in `sku: Annotated[str, "variant__sku"]`.
    """
    hints = get_type_hints(row_type, include_extras=True)
    return [get_args(hint)[1] if get_origin(hint) is Annotated else name for name, hint in hints.items()]


class CompiledCount(CompiledQuery):
    """The number of rows of a QuerySet, sliced or not. Each run is planned for its values, because counts depend on filters."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], *, tables: Tables = dict) -> None:
        super().__init__()
        self._build = build
        self._tables = tables

    def run(self, **values: Any) -> int:
        """Execute the query with these values."""
        connection = replica.get_connection()
        return self._get_compiled(connection).execute(connection, values, lambda cursor: int(cursor.fetchone()[0]))

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> CompiledStatement:
        sql, params = self._build().query.get_compiler(connection=connection).as_sql()
        tables, table_params = _compile_tables(self._tables(), connection)
        count_sql = f"{tables}SELECT COUNT(*) FROM ({sql}) AS counted"  # noqa: S608 - SQL written by Django
        return CompiledStatement(count_sql, (*table_params, *params), [], custom_plan=True)


class CompiledChange(CompiledQuery):
    """Base class of what changes the rows of a QuerySet."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        super().__init__()
        self._build = build

    def run(self, **values: Any) -> int:
        """Execute the query with these values; return the number of changed rows."""
        connection = connections[DEFAULT_DB_ALIAS]
        return self._get_compiled(connection).execute(connection, values, lambda cursor: int(cursor.rowcount))


class CompiledUpdate(CompiledChange):
    """An UPDATE of the rows of a QuerySet. The new values of the columns may be params or expressions."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **columns: Any) -> None:
        super().__init__(build)
        self._columns = columns

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> CompiledStatement:
        query: Any = self._build().query.chain(UpdateQuery)
        query.add_update_values(self._columns)
        sql, params = query.get_compiler(connection=connection).as_sql()
        return CompiledStatement(sql, tuple(params), [])


class CompiledDelete(CompiledChange):
    """A DELETE of the rows of a QuerySet; no other model may reference its model."""

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> CompiledStatement:
        query = self._build().query.chain(DeleteQuery)
        sql, params = query.get_compiler(connection=connection).as_sql()
        return CompiledStatement(sql, tuple(params), [])


class CompiledInsert(CompiledQuery, Generic[Instance]):
    """An INSERT of model instances, like `bulk_create`; optionally ignores conflicting rows."""

    def __init__(self, model: type[Instance], *, ignore_conflicts: bool = False) -> None:
        super().__init__()
        self._model = model
        self._fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
        self._ignore = OnConflict.IGNORE if ignore_conflicts else None

    def add(self, *instances: Instance) -> None:
        """Insert the instances in one statement and set their primary keys (unless conflicts are ignored)."""
        connection = connections[DEFAULT_DB_ALIAS]
        values = {
            f"{field.attname}:{number}": field.pre_save(instance, True)
            for number, instance in enumerate(instances)
            for field in self._fields
        }
        compiled = self._get_compiled(connection, len(instances))
        if self._ignore:
            compiled.execute(connection, values, lambda cursor: None)
            return
        ids = compiled.execute(connection, values, lambda cursor: cursor.fetchall())
        for instance, (pk,) in zip(instances, ids, strict=True):
            if isinstance(self._model._meta.pk, AutoField):
                instance.pk = pk
            instance._state.adding, instance._state.db = False, connection.alias

    def _compile(self, connection: BaseDatabaseWrapper, size: int) -> CompiledStatement:
        query = InsertQuery(self._model, on_conflict=self._ignore)
        rows: list[Model] = [self._model() for _ in range(size)]
        for number, row in enumerate(rows):
            for field in self._fields:
                setattr(row, field.attname, Param(f"{field.attname}:{number}", field))
        query.insert_values(self._fields, rows, raw=True)
        # The engine's own compiler may combine rows into arrays, which cannot contain params.
        compiler = SQLInsertCompiler(query, connection, connection.alias)
        if not self._ignore:
            compiler.returning_fields = [self._model._meta.pk]
        sql, params = compiler.as_sql()[0]
        return CompiledStatement(sql, tuple(params), [])


def _apply_converters(row: Any, converters: list[tuple[int, list[Callable[..., Any]], Any]], connection: Any) -> list[Any]:
    values = list(row)
    for index, functions, column in converters:
        for convert in functions:
            values[index] = convert(values[index], column, connection)
    return values
