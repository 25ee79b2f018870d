"""Logging: one file a process under `home/logs`, warnings on the terminal as well."""

from __future__ import annotations

import json
import logging
import logging.handlers
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from console.domain.tracing import REQUEST_ID

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
MAX_BYTES = 8 << 20


#: What must not be read in a log: tokens, passwords, and both in addresses.
_SECRETS = (
    (re.compile(r"(?i)\b(bearer)\s+[\w.~+/=-]+"), r"\1 ●"),
    (re.compile(r"(?i)\b((?:pass(?:word|wd|phrase)?|token|secret)[\"']?\s*[:=]\s*)"
                r"(\"[^\"]*\"|'[^']*'|[^\s,;&})]+)"), r"\1●"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*):[^\s/@]+@"), r"\1:●@"),
)  # fmt: skip


def without_secrets(text: str) -> str:
    """Return a line for a log with tokens and passwords blotted out."""
    for pattern, left in _SECRETS:
        text = pattern.sub(left, text)
    return text


class TextLines(logging.Formatter):
    """Lines for people, without secrets; the id of the request they belong to at their end."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line."""
        request_id = REQUEST_ID.get()
        text = without_secrets(super().format(record))
        return f"{text} [{request_id}]" if request_id else text


class JsonLines(logging.Formatter):
    """One JSON object a line, for programs that gather logs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a JSON object on one line."""
        at = datetime.fromtimestamp(record.created, UTC)
        told: dict[str, str] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "thread": record.threadName or "",
        }
        if request_id := REQUEST_ID.get():
            told["request_id"] = request_id
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        clean = {key: without_secrets(value) for key, value in told.items()}
        return json.dumps(clean, ensure_ascii=False)


def start_logging(
    home: Path, process: str, *, verbose: bool = False, as_json: bool = False
) -> Path:
    """Send this process's log to `home/logs/<process>.log`; returns that path."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{process}.log"
    to_file = logging.handlers.RotatingFileHandler(
        path, maxBytes=MAX_BYTES, backupCount=2, encoding="utf-8"
    )
    to_file.setFormatter(JsonLines() if as_json else TextLines(_FORMAT))
    to_terminal = logging.StreamHandler(sys.stderr)
    to_terminal.setLevel(logging.INFO if verbose else logging.WARNING)
    to_terminal.setFormatter(JsonLines() if as_json else TextLines(f"{process}: %(message)s"))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(to_file)
    root.addHandler(to_terminal)
    return path
