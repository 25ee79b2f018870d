"""Whom a machine believes to be central: nobody elsewhere without TLS and a known authority."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from console.domain.errors import ZhihuiError
from console.store.secretfile import write_privately


class TrustError(ZhihuiError):
    """An address that nothing may be sent to as it is; says what is missing."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and cannot be listened in on from another."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_address(url: str, ca: Path | None) -> None:
    """Check that passwords and rows may be sent to an address.

    Args:
        url: "https://…", or "http://…" on this machine.
        ca: File of the authority whose certificates are believed; ``None`` for none.

    Raises:
        TrustError: It has no TLS and is another machine's, or nobody said whom to believe.
    """
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise TrustError(
            f"{url} has no TLS: passwords and positions would be readable on the way. Use the "
            "https:// address that `zhihui central init` prints, with its ca.pem as --ca FILE."
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise TrustError(f"{url} is no address of a central server: write https://HOST:PORT.")
    if parts.scheme == "https" and ca is None:
        raise TrustError(
            f"Nobody has said yet how {parts.hostname} is known to be central: ask its "
            "administrator for the file ca.pem and give it with --ca FILE; once is enough."
        )


def context_for(url: str, ca: Path | None) -> ssl.SSLContext | None:
    """Return how a connection to an address is kept private; ``None`` on this machine without TLS.

    Raises:
        TrustError: It cannot be, see `check_address`; or the authority's file cannot be read.
    """
    check_address(url, ca)
    if urlsplit(url).scheme == "http" or ca is None:
        return None
    try:
        context = ssl.create_default_context(cafile=str(ca))
    except (OSError, ssl.SSLError) as error:
        raise TrustError(f"{ca} holds no certificate that can be used ({error}).") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def verify_for(url: str, ca: Path | None) -> str | bool:
    """Return what `requests` checks certificates against.

    Raises:
        TrustError: Nothing may be sent there as it is.
    """
    check_address(url, ca)
    return str(ca) if ca is not None else True


def fingerprint(ca: Path) -> str:
    """Return what two people compare over the phone: the SHA-256 of a certificate.

    Raises:
        TrustError: The file holds none.
    """
    try:
        der = ssl.PEM_cert_to_DER_cert(ca.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise TrustError(f"{ca} holds no certificate in PEM form ({error}).") from error
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[first : first + 2] for first in range(0, len(digest), 2))


def pinned(home: Path, url: str, given: Path | None) -> Path | None:
    """Return the authority that is believed for an address, kept from the first time on.

    Args:
        home: The data directory; authorities given by people are kept in ``home/trust``.
        url: Central's address.
        given: File a person gave now; ``None`` for the one that was given before.

    Raises:
        TrustError: Another one was given before, or the file holds no certificate.
    """
    parts = urlsplit(url)
    if parts.scheme != "https":
        return None
    kept = home / "trust" / f"{parts.hostname}_{parts.port or 443}.pem"
    own = home / "central" / "tls" / "ca.pem"
    if given is None:
        return next((path for path in (kept, own) if path.is_file()), None)
    said = fingerprint(given)
    if kept.is_file() and fingerprint(kept) != said:
        raise TrustError(
            f"Central at {parts.hostname} was known by another authority ({fingerprint(kept)}) "
            f"than {given} ({said}). If its administrator says that it was made anew, remove "
            f"{kept} and start again; else somebody is in between."
        )
    if not kept.is_file():
        try:
            write_privately(kept, given.read_bytes())
        except OSError as error:
            raise TrustError(f"{kept} cannot be written ({error.strerror}).") from error
    return kept
