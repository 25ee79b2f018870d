"""Columns that an earlier version's cache lacks are added: its rows are there without central."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, Table

from console.store.types import Members, Numbers, Outline, Structs, Words


def add_columns(connection: Connection, table: Table) -> None:
    """Add the columns that a table lacks; what stands in them comes with the next snapshot.

    Raises:
        DatabaseError: One could not be added.
        ValueError: One must hold something that nobody but central can know.
    """
    run = connection.exec_driver_sql
    there = {row[1] for row in run(f'PRAGMA table_info("{table.name}")')}
    for column in table.columns:
        if column.name not in there:
            run(f'ALTER TABLE "{table.name}" ADD COLUMN {_declared(connection, column)}')


def _declared(connection: Connection, column: Column[Any]) -> str:
    declared = f'"{column.name}" {column.type.compile(connection.dialect)}'
    return declared if column.nullable else f"{declared} NOT NULL DEFAULT {_nothing(column)}"


def _nothing(column: Column[Any]) -> str:
    """Return what stands in a column that must hold something, as SQL.

    Raises:
        ValueError: Nothing could stand there that a row can be read with.
    """
    if isinstance(column.type, Words | Members | Outline | Numbers | Structs):
        return "'[]'"
    if isinstance(column.type, Integer | Boolean):
        return "0"
    raise ValueError(f"the column {column} is of another version")
