"""Files that hold a secret: their owner's alone, from the first moment."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from console.domain.errors import ZhihuiError


class SecretFileError(ZhihuiError):
    """A file with a secret cannot be used.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The secret in {path} cannot be used: {reason}.")
        self.path = path


def write_privately(path: Path, content: bytes) -> None:
    """Write a file so that it is never readable by others, not even for a moment.

    Raises:
        OSError: It cannot be written; what was there before stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the secret in a file, made when there is none.

    Raises:
        SecretFileError: Others can read it, it is empty, or it cannot be read or written.
    """
    try:
        if not path.exists():
            write_privately(path, make())
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()
    except OSError as error:
        raise SecretFileError(path, f"{error.strerror}; check the folder's rights") from error
    if os.name == "posix" and mode & 0o077:
        raise SecretFileError(
            path, "others can read it; make a new one by moving it away, or `chmod 600` it"
        )
    if not content:
        raise SecretFileError(path, "it is empty; move it away to have a new one made")
    return content
