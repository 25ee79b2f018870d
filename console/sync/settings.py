"""What a console's link to central is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from console.domain.killpoints import UNARMED, Killpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """What a console's link to central is started with.

    Attributes:
        url: Central's address, "http://127.0.0.1:8470".
        home: The data directory; this console keeps to ``home/console/<name>``.
        name: Two consoles on one machine bear different names.
        label: What people call this workstation.
        pack_path: A city pack that lies here already, if there is one.
        beat_s: How often both sides say that they are there.
        retry_first_s: Wait before the second attempt; it doubles with each.
        retry_most_s: The longest wait.
        timeout_s: How long central may take to answer a request.
        ca: File of the authority whose certificates are believed, for an https:// address.
        key: What cache and outbox are encrypted with; ``None`` leaves them plain.
        device_code: Admits this console where central does not know it yet; empty for none.
        ask_after: How long an order to a unit may wait unsent before it is asked about again.
        killpoints: Where a test ends the process.
    """

    url: str
    account: str
    password: str = field(repr=False)
    home: Path
    name: str = "main"
    label: str = ""
    pack_path: Path | None = None
    beat_s: float = 2.0
    retry_first_s: float = 0.5
    retry_most_s: float = 10.0
    timeout_s: float = 10.0
    ask_after: timedelta = timedelta(minutes=5)
    ca: Path | None = None
    key: str | None = field(default=None, repr=False)
    device_code: str = field(default="", repr=False)
    killpoints: Killpoints = field(default=UNARMED, repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """This console's own folder."""
        return self.home / "console" / self.name

    @property
    def cache_path(self) -> Path:
        """The cache."""
        return self.folder / "cache.db"

    @property
    def stream_url(self) -> str:
        """Address of the change stream."""
        scheme, _, rest = self.url.rstrip("/").partition("://")
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/v1/stream"
