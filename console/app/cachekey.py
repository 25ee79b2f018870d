"""The key of what a console keeps: in the keyring, in a file, or made from a passphrase."""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from console.domain.errors import ZhihuiError
from console.store.cameraseal import CameraKey
from console.store.secretfile import read_or_make

_SERVICE = "zhihui console"
_BYTES = 32
#: scrypt (RFC 7914): 64 MiB and about a tenth of a second a guess.
_COST, _BLOCK, _PARALLEL, _MEMORY = 1 << 16, 8, 1, 128 << 20
_log = logging.getLogger("zhihui.console")


class CacheKeyError(ZhihuiError):
    """The key of what a console keeps is not to be had; says what to do."""


def cache_key(home: Path, source: str, passphrase: str | None = None) -> str:
    """Return the key of a home's caches and outboxes, made at the first start.

    Args:
        home: The data directory.
        source: "keyring", "file", "passphrase", or "auto": the keyring, a file where there is none.
        passphrase: What a person typed, for "passphrase".

    Returns:
        64 hexadecimal digits.

    Raises:
        CacheKeyError: It is not to be had.
        SecretFileError: Its file cannot be used.
    """
    if source == "passphrase":
        return _from_passphrase(home, passphrase)
    file = key_file(home)
    if source == "file" or (source == "auto" and file.is_file()):
        return _from_file(file)
    kept = _from_keyring(home)
    if kept is not None:
        return kept
    if source == "keyring":
        raise CacheKeyError(
            "The system's keyring cannot be used, and `cache_key` in config.toml asks for it. "
            "Unlock or install one, or set cache_key to “file” or “passphrase”."
        )
    _log.warning(
        "This machine has no keyring; the key of the local copy lies in %s, its owner's alone. "
        "That protects a copied or thrown-away data directory, not from who can read this "
        "account's files: set cache_key = “passphrase” in config.toml for that.",
        file,
    )
    return _from_file(file)


def points_key(home: Path, source: str, passphrase: str | None = None) -> CameraKey:
    """Return what the list of points of a home's sweep is locked with.

    Raises:
        CacheKeyError: The key it is made from is not to be had.
        SecretFileError: Its file cannot be used.
    """
    return CameraKey.of_secret(cache_key(home, source, passphrase), "points")


def key_file(home: Path) -> Path:
    """Return where a key lies in a file: beside the data directory, not copied along with it."""
    return home.parent / f".{home.name}.key"


def _from_file(path: Path) -> str:
    return _checked(read_or_make(path, lambda: secrets.token_hex(_BYTES).encode()).decode(), path)


def _from_passphrase(home: Path, passphrase: str | None) -> str:
    if not passphrase:
        raise CacheKeyError(
            "What this console keeps is locked with a passphrase: start it from a terminal and "
            "type it, or name a file with --passphrase-file."
        )
    salt = read_or_make(home / "console" / "salt", lambda: secrets.token_hex(16).encode())
    made = hashlib.scrypt(
        passphrase.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=_MEMORY, dklen=_BYTES
    )
    return made.hex()


def _from_keyring(home: Path) -> str | None:
    """Return the key the keyring keeps for a home, made there; ``None`` without a keyring."""
    if sys.platform == "linux" and not _has_session_bus():
        return None  # asking would only take time
    try:
        keyring: Any = importlib.import_module("keyring")
        name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
        kept = keyring.get_password(_SERVICE, name)
        if kept is None:
            keyring.set_password(_SERVICE, name, secrets.token_hex(_BYTES))
            kept = keyring.get_password(_SERVICE, name)
    except Exception as error:  # noqa: BLE001 - every keyring fails in its own way
        _log.info("the keyring cannot be used: %s", error)
        return None
    return None if kept is None else _checked(str(kept), Path(_SERVICE))


def _has_session_bus() -> bool:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) or (
        bool(runtime) and (Path(runtime) / "bus").exists()
    )


def _checked(key: str, where: Path) -> str:
    key = key.strip()
    if len(key) != 2 * _BYTES or set(key) - set("0123456789abcdef"):
        raise CacheKeyError(
            f"What lies in {where} is no key; put the right one back, or move it and the console's "
            "folder away to begin anew."
        )
    return key
