"""What central tells administrators, as flat rows and lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

FlatRow = dict[str, Any]


def person_row(one: Mapping[str, Any]) -> FlatRow:
    """Return an account as a flat row."""
    return {
        **one,
        "districts": " ".join(one.get("districts") or ()),
        "retired": not one.get("active", True),
    }


def rights_text(rights: Mapping[str, str]) -> str:
    """Return what a role may, in a line."""
    return ", ".join(f"{name} ({reach})" for name, reach in rights.items())


def entry_row(one: Mapping[str, Any]) -> FlatRow:
    """Return an entry of the audit as a flat row."""
    subject = f"{one['subject_kind']} {one['subject_id']}" if one["subject_kind"] else ""
    told = json.dumps(one["details"], ensure_ascii=False, indent=1)
    return {**one, "id": str(one["seq"]), "subject": subject, "details": told,
            "at": str(one["at"])[:19].replace("T", " ")}  # fmt: skip


def history_line_text(one: Mapping[str, Any]) -> str:
    """Return who changed what, in a line."""
    details = one["details"]
    old, new = _flattened(details.get("old")), _flattened(details.get("new"))
    changes = [
        f"{name}: {_short(old.get(name))} → {_short(value)}" if old else f"{name}: {_short(value)}"
        for name, value in new.items()
        if value is not None and old.get(name) != value
    ]
    head = f"{str(one['at'])[:16].replace('T', ' ')} UTC  {one['person'] or 'central'}"
    return f"{head}  {one['action']}  {' · '.join(changes)}"


def _flattened(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return values with the details of the site's tables beside them, and without the version."""
    found = dict(values or {})
    found |= found.pop("details", None) or {}
    found.pop("version", None)
    return found


def _short(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
