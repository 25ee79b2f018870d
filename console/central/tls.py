"""Central's own certificate authority, and the certificate that it serves with."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from console.central.settings import CentralError
from console.store.secretfile import SecretFileError, read_or_make, write_privately

AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=180)
#: A certificate is renewed when it has so long to go.
RENEWED_BEFORE = timedelta(days=45)
_BACKDATED = timedelta(hours=24)  # clients whose clock is behind
#: Central's own machine reaches it by these as well.
_ALWAYS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Where authority and certificate lie.

    Attributes:
        ca: The authority's certificate; consoles are given it.
        ca_key: Its key, which never leaves central's machine.
        certificate: What central serves with.
        key: Its key.
    """

    ca: Path
    ca_key: Path
    certificate: Path
    key: Path

    @property
    def is_there(self) -> bool:
        """Whether there is an authority."""
        return self.ca.is_file()


def tls_files(folder: Path) -> TlsFiles:
    """Return where they lie in central's folder."""
    tls = folder / "tls"
    return TlsFiles(
        ca=tls / "ca.pem",
        ca_key=tls / "ca.key",
        certificate=tls / "server.pem",
        key=tls / "server.key",
    )


def make_authority(files: TlsFiles, *, at: datetime) -> bool:
    """Make the authority if there is none; return whether it was made.

    Raises:
        CentralError: Its files cannot be written.
    """
    if files.is_there:
        return False
    key = _key(files.ca_key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Zhihui central authority")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _BACKDATED)
        .not_valid_after(at + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(files.ca, certificate.public_bytes(serialization.Encoding.PEM))
    return True


def renew_certificate(files: TlsFiles, names: Sequence[str] = (), *, at: datetime) -> bool:
    """Make what central serves with, if it is missing, lacks a name or soon runs out.

    Args:
        files: Where everything lies; the authority is there.
        names: Host names and addresses that it must hold besides those it has.
        at: Now, aware UTC.

    Returns:
        Whether a new one was made.

    Raises:
        CentralError: The authority cannot be used, or the files cannot be written.
    """
    held = _held(files)
    known = () if held is None else names_of(held)
    wanted = list(dict.fromkeys([*known, *names, *_ALWAYS]))
    is_good = (
        held is not None
        and set(wanted) <= set(known)
        and at + RENEWED_BEFORE < held.not_valid_after_utc
        and files.key.is_file()
    )
    if is_good:
        return False
    authority = _read(files.ca)
    signer, key = _key(files.ca_key), _key(files.key)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _BACKDATED)
        .not_valid_after(min(at + CERTIFICATE_LASTS, authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(one) for one in wanted]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
    _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
    return True


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the host names and addresses a certificate holds."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(str(one.value) for one in found if isinstance(one, x509.DNSName | x509.IPAddress))


def _held(files: TlsFiles) -> x509.Certificate | None:
    """Return what is served with now, if this authority signed it."""
    if not files.certificate.is_file():
        return None
    held = _read(files.certificate)
    try:
        held.verify_directly_issued_by(_read(files.ca))
    except (InvalidSignature, ValueError, TypeError):
        return None
    return held


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CentralError(
            f"The certificate {path} cannot be read ({error}). Put it back from a backup, or move "
            f"{path.parent} away and run `zhihui central init` again; consoles then need the new "
            "ca.pem."
        ) from error


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key in a file, made when there is none (P-256)."""
    try:
        held = serialization.load_pem_private_key(read_or_make(path, _new_key), password=None)
    except (SecretFileError, ValueError) as error:
        raise CentralError(f"The key {path} cannot be used: {error}") from error
    if not isinstance(held, ec.EllipticCurvePrivateKey):
        raise CentralError(f"The key {path} is of another kind than this program makes.")
    return held


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.GeneralName:
    if _is_address(text):
        return x509.IPAddress(ipaddress.ip_address(text))
    try:
        return x509.DNSName(text)
    except ValueError as error:
        raise CentralError(
            f"{text!r} is no host name; write names of other scripts as punycode (xn--…)."
        ) from error


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _write(path: Path, content: bytes) -> None:
    try:
        write_privately(path, content)
    except OSError as error:
        raise CentralError(f"{path} cannot be written ({error.strerror}).") from error
