"""The console's client of central: link, cache upkeep, outbox."""

from console.sync.client import SyncClient
from console.sync.settings import SyncSettings

__all__ = ["SyncClient", "SyncSettings"]
