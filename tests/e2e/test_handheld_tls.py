"""The officers' page over TLS in a real browser: trusted with our certificate only, renewed."""

from __future__ import annotations

import base64
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from central_parts import CentralServer, a_city, some_units
from chromium import FLAGS, patient
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import BrowserContext, Error, Playwright, expect, sync_playwright
from test_handheld_page import log_on, until

from console.central.tls import make_authority, tls_files
from tests.real_data import ROOT

pytestmark = pytest.mark.e2e


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    home = tmp_path / "home"
    make_authority(tls_files(home / "central"), at=datetime.now(UTC))
    server = CentralServer(home, resources_dir=ROOT / "resources")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


def opened(playwright: Playwright, profile: Path, *flags: str) -> BrowserContext:
    chromium = shutil.which("chromium")
    assert chromium, "this test needs Debian's chromium"
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium, args=[*FLAGS, *flags], locale="zh-CN"
    )
    return patient(context)


def pin_of(central: CentralServer) -> str:
    """Return what Chromium compares a server's key with: base64 of its SHA-256."""
    pem = tls_files(central.home / "central").certificate.read_bytes()
    key = x509.load_pem_x509_certificate(pem).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def renewals(central: CentralServer) -> int:
    with closing(sqlite3.connect(central.database)) as db:
        query = "SELECT count(*) FROM session WHERE renewed_at > created_at"
        return int(db.execute(query).fetchone()[0])


def test_that_the_page_works_over_tls_and_only_with_our_certificate(
    central: CentralServer, tmp_path: Path
) -> None:
    with sync_playwright() as playwright:
        stranger = opened(playwright, tmp_path / "stranger")
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            stranger.new_page().goto(f"{central.url}/handheld/")
        stranger.close()
        pin = f"--ignore-certificate-errors-spki-list={pin_of(central)}"
        phone = opened(playwright, tmp_path / "phone", pin)
        page = phone.new_page()
        log_on(page, central, "K7")
        assert page.evaluate("isSecureContext")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        expect(page.locator("#link")).to_have_text("已连接")
        assert renewals(central) == 0
        page.reload()
        expect(page.locator("#link")).to_have_text("已连接")
        assert until(lambda: renewals(central) == 1)
        assert "token" not in page.url
        phone.close()
