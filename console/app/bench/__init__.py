"""`zhihui bench NAME`: one file a bench, each measuring one thing on this machine."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.domain.errors import ZhihuiError


class BenchError(ZhihuiError):
    """A bench that does not exist, or was asked for wrongly."""


def bench_names() -> list[str]:
    """Return the names of all benches."""
    return sorted(item.name for item in pkgutil.iter_modules(__path__) if item.name[0] != "_")


def run_bench(name: str, options: Sequence[str], *, home: Path) -> dict[str, Any]:
    """Run one bench and return its figures.

    Args:
        name: "list" names them all.
        options: `--key value` pairs handed to the bench's `run`; a bare `--key` means true.
        home: The data directory, for benches that take one.

    Raises:
        BenchError: There is none of that name, or it does not know an option.
    """
    if name == "list":
        return {"benches": bench_names()}
    name = name.replace("-", "_")  # as people write it
    if name not in bench_names():
        raise BenchError(f"There is no bench “{name}”. There are: {', '.join(bench_names())}.")
    module = importlib.import_module(f"{__name__}.{name}")
    keywords = _keywords(options)
    keywords.pop("json", None)
    try:
        figures: dict[str, Any] = module.run(**keywords)
    except TypeError as error:
        if "keyword argument" not in str(error):
            raise
        raise BenchError(f"The bench “{name}” does not know that option ({error}).") from error
    return {"bench": name, **figures}


def _keywords(options: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    key: str | None = None
    for word in options:
        if word.startswith("--"):
            key = word[2:].replace("-", "_")
            found[key] = True
        elif key is None:
            raise BenchError(f"“{word}” is no option; options look like --count 200.")
        else:
            found[key] = _number_or_text(word)
            key = None
    return found


def _number_or_text(word: str) -> Any:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
