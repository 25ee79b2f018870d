"""Settings: defaults, `config.toml` in the home directory, then the command line."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from console.domain.errors import ZhihuiError

CENTRAL_PORT = 8470
CAMERA_PORT = 8554


class ConfigError(ZhihuiError):
    """A setting that cannot be used; says which, where, and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a site may set in `config.toml`.

    Attributes:
        host: Address central and the cameras listen on.
        port: Central's port; 0 takes a free one.
        camera_port: RTSP port of the simulated cameras; 0 takes a free one.
        seed: Seed of the simulated city.
        truth_seed: Seed of what the code that is scored must not know.
        officers: Officers of the simulated city.
        vehicles: Vehicles of the simulated city.
        cameras: RTSP points of the simulated city.
        complaints_a_year: Mean rate of complaints.
        pace: Factor by which the simulated handhelds think, travel and work faster.
        time_zone: IANA name of the city's zone: all clocks and the dates in incident numbers; empty
            for the one that the city pack or central names, else Asia/Shanghai.
        sweep_points_per_s: Most camera points the sweep visits a second.
        sweep_processes: How many processes sweep; 0 for one for every four cores.
        gb28181_gateway: RTSP address that stands for a GB/T 28181 id when camera points are
            imported, "rtsp://gateway:554/{id}/{stream}"; empty for none.
        camera_ca: File of the authority that cameras' certificates must be from (rtsps://); empty
            to encrypt without proof, as most cameras sign their certificates alone.
        audit_copy: Folder where checkpoints of the audit are written a second time; empty for none.
        keep_positions_days: Days that last positions of silent units are kept; 0: for ever.
        keep_evidence_days: Days that bytes of evidence outlast the closing of their incidents.
        keep_unclaimed_evidence_days: Days that bytes sent for no incident are kept; 7 at least.
        keep_changes_days: Days of the change log; the newest 20,000 revisions always stay.
        keep_results_days: Days of results, by which a command sent again is known; 7 at least.
        keep_area_events_days: Days that what happened at areas is kept; 0: for ever.
        keep_readings_days: Days that what sensors read is kept; 0: for ever.
        disk_reserve_mb: Size of the file that central gives up when its disk is full.
        log_format: "text", or "json" for one JSON object a line.
        language: "zh" or "en"; empty for the one shown last, at first Chinese.
        cache_key: Where the key of a console's local copy is kept: "keyring", "file", "passphrase"
            (asked for), or "auto": the keyring, or where there is none a file beside the data
            directory.
        lock_after_min: Minutes without a hand on it after which a console's screen is covered, 0
            for never; consoles that use this home's own accounts are covered by Ctrl+Alt+L only.
        devices: Unknown devices: "ask" lets those on central's own machine in and has others wait
            for an administrator, "strict" has all of them wait, "open" lets all in.
        public_url: Address by which the public reaches central, "https://cg.example", for the QR
            codes of documents; empty for the one central listens at.
        basemap: A .pmtiles or .mbtiles file, or the address of a tile server with {z}, {x} and {y};
            empty for the city pack's own map.
        basemap_datum: What that basemap is in: "WGS-84", "GCJ-02" or "BD-09".
        theme: "dark" or "light"; empty for the one shown last, at first dark.
        detector_model: An ONNX file whose model gives hints on the wall; empty for what the site's
            administration has set.
        detector_classes: Its class names in order, between commas, each "name" or "name=form code";
            or a text file of them, one a line.
        detector_size: Its input, "640x640"; empty for what the file says.
        detector_threshold: Least score of a hint, 0 to 1.
        detector_output: Form of its output: "auto", "yolo", "nms" or "boxes".
    """

    host: str = "127.0.0.1"
    port: int = CENTRAL_PORT
    camera_port: int = CAMERA_PORT
    seed: int = 1
    truth_seed: int = 20_260
    officers: int = 7_000
    vehicles: int = 400
    cameras: int = 1_000
    complaints_a_year: float = 600_000.0
    pace: float = 1.0
    time_zone: str = ""
    sweep_points_per_s: float = 40.0
    sweep_processes: int = 0
    gb28181_gateway: str = ""
    camera_ca: str = ""
    audit_copy: str = ""
    keep_positions_days: int = 30
    keep_evidence_days: int = 0
    keep_unclaimed_evidence_days: int = 30
    keep_changes_days: int = 90
    keep_results_days: int = 400
    keep_area_events_days: int = 365
    keep_readings_days: int = 92
    disk_reserve_mb: int = 32
    log_format: str = "text"
    language: str = ""
    theme: str = ""
    public_url: str = ""
    basemap: str = ""
    basemap_datum: str = "WGS-84"
    devices: str = "ask"
    cache_key: str = "auto"
    lock_after_min: float = 15.0
    detector_model: str = ""
    detector_classes: str = ""
    detector_size: str = ""
    detector_threshold: float = 0.4
    detector_output: str = "auto"


_ALLOWED: dict[str, tuple[str, ...]] = {
    "language": ("zh", "en"),
    "theme": ("dark", "light"),
    "basemap_datum": ("WGS-84", "GCJ-02", "BD-09"),
    "cache_key": ("auto", "keyring", "file", "passphrase"),
    "devices": ("open", "ask", "strict"),
    "log_format": ("text", "json"),
    "detector_output": ("auto", "yolo", "nms", "boxes"),
}


def home_directory(given: str | None) -> Path:
    """Return the data directory: as given, else `$ZHIHUI_HOME`, else the user's data directory."""
    chosen = given or os.environ.get("ZHIHUI_HOME")
    return (
        Path(chosen).expanduser().resolve()
        if chosen
        else Path(platformdirs.user_data_dir("zhihui"))
    )


def load_config(home: Path, overrides: dict[str, Any]) -> Config:
    """Return the settings for a home directory.

    Args:
        home: Where `config.toml` may lie.
        overrides: Values from the command line; ``None`` means not given.

    Raises:
        ConfigError: The file is no TOML, or a setting is unknown or of the wrong kind.
    """
    path = home / "config.toml"
    values: dict[str, Any] = {}
    if path.is_file():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{path} is not valid TOML ({error}). Mend it or move it away."
            ) from error
    values |= {key: value for key, value in overrides.items() if value is not None}
    return replace(Config(), **{key: _checked(key, value) for key, value in values.items()})


def _checked(key: str, value: Any) -> Any:
    default: dict[str, Any] = {field.name: field.default for field in fields(Config)}
    if key not in default:
        raise ConfigError(f"There is no setting “{key}”. Known are: {', '.join(sorted(default))}.")
    wanted = type(default[key])
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        raise ConfigError(f"The setting “{key}” wants {wanted.__name__}, not {value!r}.")
    if key in _ALLOWED and value not in _ALLOWED[key]:
        raise ConfigError(
            f"The setting “{key}” may be {' or '.join(_ALLOWED[key])}, not {value!r}."
        )
    if wanted in {int, float} and value < 0:
        raise ConfigError(f"The setting “{key}” cannot be negative ({value}).")
    if key == "detector_threshold" and value > 1:
        raise ConfigError(f"“{key}” must be between 0 and 1, not {value}.")
    if key == "detector_size" and value and not re.fullmatch(r"\d{2,4}x\d{2,4}", value):
        raise ConfigError(f"The setting “{key}” looks like 640x640, not {value!r}.")
    if key.endswith("port") and value > 65535:
        raise ConfigError(f"“{key}” must be at most 65535, not {value}.")
    return value


def camera_ca(config: Config) -> str | None:
    """Return the file of the authority of cameras' certificates, ``None`` if there is none.

    Raises:
        ConfigError: The file is not there.
    """
    if not config.camera_ca:
        return None
    path = Path(config.camera_ca).expanduser()
    if not path.is_file():
        raise ConfigError(
            f"There is no file {path}, which camera_ca in config.toml names; put the certificate "
            "of the cameras' authority there, or leave the setting out."
        )
    return str(path)


def sweep_processes(config: Config) -> int:
    """Return how many processes sweep: as configured, or one for every four cores."""
    return config.sweep_processes or max(1, (os.cpu_count() or 1) // 4)
