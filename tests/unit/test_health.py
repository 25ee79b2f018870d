"""What the health page says, and to whom."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
from central_parts import QUICK_HASHER

from console.central.central import Central, Foundation
from console.central.settings import CentralSettings


async def _healths(tmp_path: Path) -> dict[str, dict[str, object]]:
    """Return what health says near, far, and far with a token, while the disk is full."""
    settings = CentralSettings(home=tmp_path, resources_dir=tmp_path, reserve_bytes=1 << 60)
    foundation = Foundation(settings)
    central = Central(settings, foundation, QUICK_HASHER)
    central.start()
    accounts = json.loads((tmp_path / "central" / "accounts.json").read_text(encoding="utf-8"))
    near, far = (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(central.app, client=(address, 4711)), base_url="http://c"
        )
        for address in ("127.0.0.1", "10.1.2.3")
    )
    async with near, far:
        device = {"id": "d-1", "kind": "console"}
        asked = {"name": "lead", "password": accounts["lead"], "device": device}
        token = (await near.post("/v1/session", json=asked)).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        told = {
            "near": (await near.get("/v1/health")).json(),
            "far": (await far.get("/v1/health")).json(),
            "guessed": (await far.get("/v1/health", headers={"Authorization": "Bearer x"})).json(),
            "known": (await far.get("/v1/health", headers=bearer)).json(),
        }
    await central.stop()
    foundation.close()
    return told


def test_that_strangers_hear_that_something_is_wrong_and_not_what(tmp_path: Path) -> None:
    told = asyncio.run(_healths(tmp_path))
    assert {one["status"] for one in told.values()} == {"full"}
    assert {name for name, one in told.items() if "trouble" in one} == {"near", "known"}
    assert str(tmp_path) in str(told["known"]["trouble"])
    assert str(tmp_path) not in json.dumps([told["far"], told["guessed"]])
