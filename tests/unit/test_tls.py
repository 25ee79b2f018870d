"""TLS: an authority of our own, believed once given, nothing sent anywhere else."""

from __future__ import annotations

import ssl
import stat
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from central_parts import CentralServer, a_city, some_units
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store
from sync_parts import console, opened
from websockets.sync.client import connect

from console.app import wiring
from console.app.cachekey import cache_key, key_file
from console.app.commands import init_central
from console.app.config import Config
from console.app.doctor_security import safety_notes
from console.app.served import is_healthy, own_ca
from console.central.server import serve
from console.central.settings import CentralError, CentralSettings
from console.central.tls import (
    CERTIFICATE_LASTS,
    RENEWED_BEFORE,
    make_authority,
    names_of,
    renew_certificate,
    tls_files,
)
from console.city.central_line import Account, CentralLine
from console.store.trust import TrustError, check_address, context_for, fingerprint, pinned
from console.sync.state import LinkPhase, LinkTrouble

NOW = datetime.now(UTC)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[CentralServer]:
    """A central with an authority of its own."""
    home = tmp_path / "home"
    files = tls_files(home / "central")
    make_authority(files, at=NOW)
    server = CentralServer(home)
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_that_keys_are_their_owners_alone_and_the_certificate_is_of_the_authority(
    tmp_path: Path,
) -> None:
    files = tls_files(tmp_path)
    assert make_authority(files, at=NOW)
    assert not make_authority(files, at=NOW)
    assert renew_certificate(files, ["center.example", "10.0.0.5"], at=NOW)
    for key in (files.key, files.ca_key, files.ca, files.certificate):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    served = certificate(files.certificate)
    assert {"center.example", "10.0.0.5", "localhost", "127.0.0.1"} <= set(names_of(served))
    trusted = PolicyBuilder().store(Store([certificate(files.ca)])).time(NOW)
    for name in (x509.DNSName("center.example"), x509.DNSName("localhost")):
        assert trusted.build_server_verifier(name).verify(served, [])
    assert len(fingerprint(files.ca)) == 95


def test_that_a_certificate_is_renewed_before_it_runs_out_and_keeps_its_names(
    tmp_path: Path,
) -> None:
    files = tls_files(tmp_path)
    make_authority(files, at=NOW)
    assert renew_certificate(files, ["center.example"], at=NOW)
    first = certificate(files.certificate)
    assert not renew_certificate(files, at=NOW)
    late = NOW + CERTIFICATE_LASTS - RENEWED_BEFORE
    assert not renew_certificate(files, at=late - timedelta(days=1))
    assert renew_certificate(files, at=late + timedelta(days=1))
    second = certificate(files.certificate)
    assert second.not_valid_after_utc > first.not_valid_after_utc
    assert names_of(second) == names_of(first)
    assert renew_certificate(files, ["another.example"], at=late)
    assert "center.example" in names_of(certificate(files.certificate))
    files.ca_key.chmod(0o644)
    with pytest.raises(CentralError, match="others can read it"):
        renew_certificate(files, ["third.example"], at=late)
    files.certificate.write_text("nonsense")
    with pytest.raises(CentralError, match="cannot be read"):
        renew_certificate(files, at=late)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "::", "center.example"])
def test_that_central_does_not_listen_to_others_without_a_certificate(
    tmp_path: Path, host: str
) -> None:
    import asyncio  # noqa: PLC0415 - beside its only use

    settings = CentralSettings(home=tmp_path, resources_dir=tmp_path, host=host, port=0)
    with pytest.raises(CentralError, match="zhihui central init --name"):
        asyncio.run(serve(settings, stop=asyncio.Event()))
    assert not (tmp_path / "central").exists()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://10.0.0.7:8470", "has no TLS"),
        ("http://center.example:8470", "has no TLS"),
        ("http://127.0.0.1.example", "has no TLS"),
        ("https://center.example:8470", "--ca FILE"),
        ("ftp://127.0.0.1", "no address of a central"),
        ("center.example", "no address of a central"),
    ],
)
def test_that_nothing_is_sent_where_it_could_be_read(tmp_path: Path, url: str, word: str) -> None:
    with pytest.raises(TrustError, match=word):
        check_address(url, None)
    with pytest.raises(TrustError, match=word):
        CentralLine(Account(url=url, name="city", password="p", device="d"))
    with pytest.raises(TrustError, match=word), console(url, "p", tmp_path):
        pass


def test_that_this_machine_needs_no_certificate() -> None:
    for url in ("http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"):
        assert context_for(url, None) is None


def test_that_an_authority_given_once_is_believed_and_another_is_not(tmp_path: Path) -> None:
    files, others = tls_files(tmp_path / "a"), tls_files(tmp_path / "b")
    make_authority(files, at=NOW)
    make_authority(others, at=NOW)
    home, url = tmp_path / "home", "https://center.example:8470"
    assert pinned(home, url, None) is None
    kept = pinned(home, url, files.ca)
    assert kept is not None
    assert kept.read_bytes() == files.ca.read_bytes()
    assert pinned(home, url, None) == kept
    with pytest.raises(TrustError, match="somebody is in between"):
        pinned(home, url, others.ca)
    with pytest.raises(TrustError, match="no certificate"):
        pinned(home, url, tmp_path / "missing.pem")
    assert pinned(home, "http://127.0.0.1:8470", None) is None


def test_that_consoles_the_city_and_tools_speak_tls_with_our_authority(
    secured: CentralServer, tmp_path: Path
) -> None:
    ca = own_ca(secured.home)
    assert ca is not None
    assert secured.url.startswith("https://127.0.0.1:")
    assert is_healthy(secured.url, ca)
    with console(secured.url, secured.password("dispatcher"), tmp_path / "c", ca=ca) as (
        client,
        recorder,
    ):
        recorder.live()
        recorder.open(client, opened())
    line = CentralLine(
        Account(url=secured.url, name="city", password=secured.password("city"), device="d", ca=ca)
    )
    assert line.token()
    settings = wiring.console_settings(
        secured.home,
        Config(),
        server=secured.url,
        account="dispatcher",
        password_file=None,
        name="m",
    )
    assert settings.ca == ca  # the home's own central needs no --ca


def test_that_a_server_another_authority_vouches_for_gets_no_password(
    secured: CentralServer, tmp_path: Path
) -> None:
    others = tls_files(tmp_path / "others")
    make_authority(others, at=NOW)
    with console(secured.url, "never sent", tmp_path / "c", ca=others.ca) as (_, recorder):
        recorder.wait(lambda me: me.phase is LinkPhase.DOWN)
        assert recorder.links[-1].trouble is LinkTrouble.NOT_TRUSTED
    assert not is_healthy(secured.url, others.ca)
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(f"{secured.ws_url}/v1/stream", ssl=context_for(secured.url, others.ca))
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secured.url}/v1/health", timeout=60)
    plain = secured.url.replace("https", "http")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{plain}/v1/health", timeout=60)


def test_that_init_says_what_to_hand_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def init(*names: str) -> int:
        asked = Namespace(home=tmp_path, config=Config(), name=list(names))
        return init_central(asked)

    assert init("center.example", "10.0.0.5") == 0
    said = capsys.readouterr().out
    ca = tmp_path / "central" / "tls" / "ca.pem"
    assert str(ca) in said
    assert fingerprint(ca) in said
    assert "https://center.example:8470/handheld/" in said
    before = ca.read_bytes()
    assert init("second.example") == 0
    assert "stays as it was" in capsys.readouterr().out
    assert ca.read_bytes() == before
    served = certificate(tmp_path / "central" / "tls" / "server.pem")
    assert {"center.example", "second.example"} <= set(names_of(served))
    with pytest.raises(CentralError, match="punycode"):
        init("市.example")


def test_that_a_renewed_certificate_is_served_without_a_restart(
    secured: CentralServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.central.server._CERTIFICATE_LOOKED_AT_S", 0.1)
    secured.stop()
    secured.start()
    files = tls_files(secured.home / "central")
    before = certificate(files.certificate).serial_number
    ca = own_ca(secured.home)
    files.certificate.unlink()

    def served() -> int:
        host, port = secured.url.removeprefix("https://").split(":")
        pem = ssl.get_server_certificate((host, int(port)), ca_certs=str(ca))
        return x509.load_pem_x509_certificate(pem.encode()).serial_number

    tries = 0
    while served() == before:
        tries += 1
        assert tries < 20_000
    with closing(requests.Session()) as session:
        session.trust_env = False
        session.verify = str(ca)
        assert session.get(f"{secured.url}/v1/health", timeout=60).status_code == 200


def test_that_the_doctor_knows_certificates_keys_and_first_passwords(tmp_path: Path) -> None:
    home = tmp_path / "home"
    far = replace(Config(), host="10.0.0.7")
    (alone,) = safety_notes(home, Config())
    assert alone.good
    (bare,) = safety_notes(home, far)
    assert (bare.good, "central init" in bare.do) == (False, True)
    files = tls_files(home / "central")
    make_authority(files, at=NOW)
    renew_certificate(files, ["10.0.0.7"], at=NOW)
    assert [one.good for one in safety_notes(home, far, at=NOW)] == [True]
    (late,) = safety_notes(home, far, at=NOW + CERTIFICATE_LASTS - timedelta(days=5))
    assert "renews" in late.do
    (home / "central" / "accounts.json").write_text("{}")
    cache_key(home, "file")
    whats = [one.what for one in safety_notes(home, far, at=NOW)]
    assert any("first passwords" in one for one in whats)
    assert any(str(key_file(home)) in one for one in whats)
    files.certificate.write_text("nonsense")
    assert any("cannot be read" in one.what for one in safety_notes(home, far, at=NOW))


def test_that_a_one_time_code_comes_from_a_file(secured: CentralServer, tmp_path: Path) -> None:
    settings = wiring.console_settings(
        secured.home,
        Config(),
        server=secured.url,
        account="dispatcher",
        password_file=None,
        name="m",
    )
    home_code = (secured.home / "central" / "devices.code").read_text()
    assert wiring.device_code_for(settings, None) == home_code
    assert home_code not in repr(settings)
    file = tmp_path / "code"
    with pytest.raises(wiring.WiringError, match="cannot be read"):
        wiring.device_code_for(settings, file)
    file.write_text("1234-5678-9012\n")
    assert wiring.device_code_for(settings, file) == "1234-5678-9012"
