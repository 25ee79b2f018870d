"""What the camera server is started with, and the figures every bench prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from console.domain.errors import ZhihuiError

FRAME_RATE = 25
GOP_FRAMES = 50
MAIN, SUB = "main", "sub"
STREAMS = (MAIN, SUB)
SIZES_PX = {MAIN: (1280, 720), SUB: (640, 360)}
RATES_KBPS = {MAIN: 2400, SUB: 700}


class CameraCityError(ZhihuiError):
    """The simulated cameras cannot be shown; the sentence says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraServerSettings:
    """How the simulated city's cameras are served.

    Attributes:
        scenes_dir: Where encoded pictures are kept from one start to the next.
        host: Address to listen on.
        port: Port to listen on, 0 for any that is free.
        count: Camera points, 1 to 9,999.
        clips_dir: Take the pictures from the videos in this folder instead of drawing them.
        truth_path: Where the faults that were shown are put on record, one JSON object a line;
            ``None`` keeps no record.
        seed: Decides points, names and pictures.
        truth_seed: Decides the faults, apart from ``seed``.
        pack_path: City pack that the points stand in; ``None`` numbers them only.
        fault_rate: Share of the points that are faulty at any time, 0 to 1.
        fault_kinds: Which faults there are, by name; all that come and go where empty.
        fault_plan: File of faults that takes the place of chance (see `faultplan`).
        happening_chance: That a crowd gathers or something is parked within an hour at a point
            whose scene is a stage (see `stages`), 0 to 1.
        hour: Light that all scenes are drawn in, by name; each has its own where ``None``.
        sub_only: Make no pictures of the main streams; who asks for one is told to wait.
        scene_count: Scenes to draw, at least 4.
        makers: Processes that make pictures at the first start; one goes on behind.
        joining: What every point sends first, "gop" or "wait"; as they are mixed where ``None``.
        time_zone: IANA name of the zone of the clocks in the pictures; this machine's own where
            empty.
        session_timeout_s: A session without sign of life for so long is closed.
    """

    scenes_dir: Path
    host: str = "127.0.0.1"
    port: int = 8554
    count: int = 1000
    clips_dir: Path | None = None
    truth_path: Path | None = None
    seed: int = 1
    truth_seed: int = 7
    pack_path: Path | None = None
    fault_rate: float = 0.03
    fault_kinds: tuple[str, ...] = ()
    fault_plan: Path | None = None
    happening_chance: float = 0.3
    hour: str | None = None
    sub_only: bool = False
    scene_count: int = 52
    makers: int = 2
    joining: str | None = None
    time_zone: str = ""
    session_timeout_s: float = 60.0


def stream_facts() -> dict[str, object]:
    """Return what every video bench prints about the streams it was measured on."""
    return {
        "main": "{}x{}".format(*SIZES_PX[MAIN]),
        "sub": "{}x{}".format(*SIZES_PX[SUB]),
        "fps": FRAME_RATE,
        "gop": GOP_FRAMES,
        "main_kbps": RATES_KBPS[MAIN],
        "sub_kbps": RATES_KBPS[SUB],
    }
