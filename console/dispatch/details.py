"""Checks on the details of the site's tables: each field by what its table says it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import time

from console.domain.catalogue import Detail, DetailField, DetailKind
from console.domain.errors import RejectedError


def check_details(wanted: Iterable[DetailField], details: dict[str, Detail], name: str) -> None:
    """Check the details of a row against what its table needs.

    Raises:
        RejectedError: One is missing, of another kind, out of bounds or not known there.
    """
    known = {one.name: one for one in wanted}
    strange = sorted(set(details) - set(known))
    if strange:
        raise RejectedError(f"{name} has the field {strange[0][:40]!r}, which its table has not.")
    for one in known.values():
        value = details.get(one.name)
        if value is None or value == "":
            if one.required:
                raise RejectedError(f"{name} lacks “{one.name}”.")
            continue
        if not _fits(one, value):
            raise RejectedError(
                f"“{one.name}” of {name} cannot be {str(value)[:60]!r}: {_told(one)}."
            )


def _fits(field: DetailField, value: Detail) -> bool:
    if field.kind is DetailKind.YES_NO:
        return isinstance(value, bool)
    if field.kind in {DetailKind.NUMBER, DetailKind.INTEGER}:
        return isinstance(value, int | float) and _is_within(field, value)
    if not isinstance(value, str) or len(value) > 4000:
        return False
    if field.kind is DetailKind.CHOICE:
        return value in field.choices
    if field.kind is DetailKind.CLOCK:
        return is_clock(value)
    return True


def _is_within(field: DetailField, value: float) -> bool:
    if isinstance(value, bool) or not math.isfinite(value):
        return False
    if field.kind is DetailKind.INTEGER and value != int(value):
        return False
    low, high = field.least, field.most
    return (low is None or value >= low) and (high is None or value <= high)


def is_clock(text: str) -> bool:
    """Whether a text is a time of day like 22:00."""
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 5


def _told(field: DetailField) -> str:
    if field.kind is DetailKind.YES_NO:
        return "yes or no"
    if field.kind is DetailKind.CHOICE:
        return "one of " + ", ".join(field.choices)
    if field.kind is DetailKind.CLOCK:
        return "a time like 22:00"
    if field.kind in {DetailKind.NUMBER, DetailKind.INTEGER}:
        whole = "a whole number" if field.kind is DetailKind.INTEGER else "a number"
        bounds = [
            f"{word} {value:g}"
            for word, value in (("from", field.least), ("to", field.most))
            if value is not None
        ]
        return " ".join([whole, *bounds])
    return "words, 4000 characters at most"
