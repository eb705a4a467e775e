"""Rules that the database itself keeps, as migration operations for PostgreSQL and SQLite.

Append-only tables and absorbing states are promises to auditors: they must hold against code, admin and SQL alike.
The same objects are used by tests, which have to lift them round a teardown by DELETE or TRUNCATE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import migrations


@dataclass(frozen=True)
class Rule:
    """A trigger that refuses a statement. `name` is also what the refusal says."""

    name: str
    table: str
    event: str
    """What is refused: "UPDATE", "DELETE" or "TRUNCATE"."""
    when: str = ""
    """An SQL condition over OLD and NEW; empty refuses always."""

    def create(self, vendor: str) -> list[str]:
        """Return the statements that make the rule on this database."""
        return self._postgresql() if vendor == "postgresql" else self._sqlite()

    def drop(self, vendor: str) -> list[str]:
        """Return the statements that lift the rule."""
        if vendor == "postgresql":
            return [f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}", f"DROP FUNCTION IF EXISTS {self.name}()"]
        return [f"DROP TRIGGER IF EXISTS {self.name}"]

    def _postgresql(self) -> list[str]:
        scope = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        when = f" WHEN ({self.when})" if self.when else ""
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{self.name}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} "
            f"FOR EACH {scope}{when} EXECUTE FUNCTION {self.name}()",
        ]

    def _sqlite(self) -> list[str]:
        if self.event == "TRUNCATE":
            return []  # SQLite has no such statement
        when = f" WHEN {self.when}" if self.when else ""
        return [
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW{when} "
            f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END"
        ]


def append_only(table: str, *, deletable: bool = False) -> list[Rule]:
    """Return the rules that keep `table` as it was written; `deletable` still lets old rows be pruned."""
    events = ["UPDATE"] if deletable else ["UPDATE", "DELETE", "TRUNCATE"]
    return [Rule(f"{table}_is_append_only_{event.lower()}", table, event) for event in events]


def install(rules: Sequence[Rule]) -> migrations.RunPython:
    """Return the migration operation that makes `rules`, and lifts them when it is reversed."""

    def forward(apps: Any, schema_editor: Any) -> None:
        create(rules, schema_editor.connection)

    def backward(apps: Any, schema_editor: Any) -> None:
        lift(rules, schema_editor.connection)

    return migrations.RunPython(forward, backward)


def create(rules: Sequence[Rule], connection: Any) -> None:
    """Make `rules` on the database of `connection`."""
    with connection.cursor() as cursor:
        for statement in (line for rule in rules for line in rule.create(connection.vendor)):
            cursor.execute(statement)


def lift(rules: Sequence[Rule], connection: Any) -> None:
    """Lift `rules` on the database of `connection`."""
    with connection.cursor() as cursor:
        for statement in (line for rule in rules for line in rule.drop(connection.vendor)):
            cursor.execute(statement)
