"""What `zhihui doctor` says of certificates, keys and first passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.app.cachekey import key_file
from console.app.config import Config
from console.store.trust import is_loopback

#: The certificate is renewed by a central that runs; one that has less to go was not.
_SOON = timedelta(days=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyNote:
    """One thing looked at.

    Attributes:
        good: Whether it is as it should be.
        what: What was looked at, and what was seen.
        do: What to do about it; empty when good.
    """

    good: bool
    what: str
    do: str = ""


def safety_notes(home: Path, config: Config, *, at: datetime | None = None) -> list[SafetyNote]:
    """Look at what keeps a home's secrets; changes nothing."""
    now = at or datetime.now(UTC)
    return [*_certificate(home, config, now), *_key(home, config), *_first_passwords(home, config)]


def _certificate(home: Path, config: Config, now: datetime) -> list[SafetyNote]:
    path = home / "central" / "tls" / "server.pem"
    if not path.is_file():
        if is_loopback(config.host):
            return [SafetyNote(good=True, what="central listens to this machine only, without TLS")]
        return [
            SafetyNote(
                good=False,
                what=f"central is to listen on {config.host} and has no certificate",
                do="Run `zhihui central init --name HOST`; central does not start without.",
            )
        ]
    from cryptography import x509  # noqa: PLC0415 - only where there is one

    try:
        until = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return [
            SafetyNote(
                good=False,
                what=f"central's certificate {path} cannot be read ({error})",
                do="Remove it; central makes a new one when it starts.",
            )
        ]
    good = until - now > _SOON
    return [
        SafetyNote(
            good=good,
            what=f"central's certificate holds until {until:%Y-%m-%d}",
            do="" if good else "Start central: it renews its certificate by itself.",
        )
    ]


def _key(home: Path, config: Config) -> list[SafetyNote]:
    file = key_file(home)
    if config.cache_key not in {"auto", "file"} or not file.is_file():
        return []
    return [
        SafetyNote(
            good=True,
            what=f"the key of the console's local copy lies in {file}: that protects a copied data "
            "directory, not from who can read this account's files",
        )
    ]


def _first_passwords(home: Path, config: Config) -> list[SafetyNote]:
    path = home / "central" / "accounts.json"
    if is_loopback(config.host) or not path.is_file():
        return []
    return [
        SafetyNote(
            good=False,
            what=f"the first passwords still lie in {path}",
            do="Change them, hand them out, then remove the file.",
        )
    ]
