"""Where the real data lies that some tests run on; it is never part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def real_data(relative: str) -> Path:
    """Return a real file; skips with a clear sentence where the data is not on this machine."""
    folder = Path(os.environ.get("ZHIHUI_DATA", ROOT.parent / "shared" / "data"))
    path = folder / relative
    if not path.exists():
        pytest.skip(f"real data is absent here: {relative} (set ZHIHUI_DATA to its folder)")
    return path
