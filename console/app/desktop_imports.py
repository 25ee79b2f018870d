"""Keeps PySide from reading the source of every module that is imported after it."""

from __future__ import annotations

import sys
from types import ModuleType


def spare_sources() -> bool:
    """Have PySide take every module as one without ``from __feature__ import …``.

    To learn which modules may switch names to snake case, PySide 6.11 reads and searches the
    source of each module imported after QtCore (PYSIDE-2029): a third of a console's start, and
    the sources stay in memory. Nothing here switches, so nothing need be read. This reaches into
    PySide; where its inside is another, nothing is done.

    Returns:
        Whether it is spared.
    """
    import PySide6.QtCore  # noqa: F401, PLC0415 - it brings its support modules

    feature: ModuleType | None = sys.modules.get("PySide6.support.feature")
    if feature is None or not callable(getattr(feature, "_mod_uses_pyside", None)):
        return False
    feature._mod_uses_pyside = _uses_no_feature  # type: ignore[attr-defined]  # checked above
    return True


def _uses_no_feature(_module: ModuleType) -> bool:
    return False
