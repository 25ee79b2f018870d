"""What the simulated city is to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from console.city.handhelds_habits import HandheldHabits
from console.city.movement_gps import GpsHabits


@dataclass(frozen=True, slots=True, kw_only=True)
class CitySettings:
    """What the simulated city is to be.

    Attributes:
        url: Where central is, "http://127.0.0.1:8470".
        account: Who the city logs on as; a gateway.
        pack_path: The city pack it lives on.
        home: The data directory; the city keeps its memory and its truth in ``home/city``.
        seed: Force, movement, times and places of what happens.
        truth_seed: Delays, severities, wording, tempers: what is scored must not know it.
        rate: Reports a year; 0 for none.
        pace: How many times faster than life officers think, travel and work.
        replay: Imported complaints (JSON lines) to replay as well.
        replay_speed: Hours of that file in one hour.
        real_units: Call signs held by real people: the city leaves them alone.
        device: Id of the gateway that the city is.
        utc_offset_h: Local time less UTC; ``None`` for what the longitude says.
        ca: File of the authority whose certificates are believed, for an https:// address.
        device_code: Admits the city's gateway where central does not know it yet.
        nice: How far its priority is lowered.
    """

    url: str
    password: str = field(repr=False)
    pack_path: Path
    home: Path
    account: str = "city"
    seed: int = 1
    truth_seed: int = 2
    rate: float = 600_000.0
    pace: float = 1.0
    officers: int = 7000
    vehicles: int = 400
    replay: Path | None = None
    replay_speed: float = 1.0
    habits: HandheldHabits = field(default_factory=HandheldHabits)
    gps: GpsHabits = field(default_factory=GpsHabits)
    real_units: frozenset[str] = frozenset()
    device: str = "city"
    utc_offset_h: float | None = None
    nice: int = 5
    ca: Path | None = None
    device_code: str = field(default="", repr=False)
