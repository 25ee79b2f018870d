"""The only place that builds things: settings of every process, and what `run` starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.app.config import Config
from console.domain.errors import ZhihuiError

if TYPE_CHECKING:
    pass

# Every process builds only its own part, so what it needs is imported where it is built.

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
CITY_NICE, CAMERAS_NICE, SWEEP_NICE = 5, 3, 15


class WiringError(ZhihuiError):
    """The parts do not fit: says which, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What `zhihui run` was asked for.

    Attributes:
        city: OSM extract or city pack; ``None`` for the synthetic city.
        clips: Folder of MP4 files as the cameras' pictures.
        complaints: Imported complaints to replay.
        window: Whether a console is opened.
    """

    home: Path
    config: Config
    city: Path | None = None
    clips: Path | None = None
    complaints: Path | None = None
    replay_speed: float = 1.0
    window: bool = True
    console_name: str = "main"
