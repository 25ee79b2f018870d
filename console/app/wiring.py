"""The only place that builds things: settings of every process, and what `run` starts."""

# Every process builds only its own part, so what it needs is imported where it is built.
# ruff: noqa: PLC0415

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from console.app import served
from console.app.config import Config, camera_ca
from console.app.site import seed_marker, site_zone
from console.domain.errors import ZhihuiError
from console.domain.places import Camera
from console.domain.retention import RetentionRules
from console.domain.units import Unit
from console.store.trust import check_address, pinned

if TYPE_CHECKING:
    from console.app.consolesettings import ConsoleSettings
    from console.central.settings import CentralSettings
    from console.city.cameras.settings import CameraServerSettings
    from console.city.settings import CitySettings
    from console.store.citypack import CityPack
    from console.video.sweep import SweepSettings

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
#: The language as a person names it, and as Qt does; otherwise the one shown last.
_LANGUAGES = {"zh": "zh_CN", "en": "en"}
#: Raised when a new kind of row joins what a home is given of a city; old homes get it then.
_GROUND = 2
#: The console was closed by a person, or told what is wrong with its settings.
CONSOLE_ENDS = frozenset({0, 2})
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
        real_units: Call signs that real people hold; the simulated city leaves them alone.
    """

    home: Path
    config: Config
    city: Path | None = None
    clips: Path | None = None
    complaints: Path | None = None
    replay_speed: float = 1.0
    window: bool = True
    console_name: str = "main"
    real_units: frozenset[str] = frozenset()


def central_settings(
    home: Path, config: Config, *, pack: Path | None = None, database_url: str | None = None
) -> CentralSettings:
    """Return the settings of the central server of a home."""
    from console.app.basemap import served_basemap
    from console.app.cameralook import look_through, watch_through
    from console.central.limits import DevicePolicy
    from console.central.settings import CentralSettings

    return CentralSettings(
        home=home,
        basemap=served_basemap(config.basemap, config.basemap_datum),
        resources_dir=RESOURCES,
        host=config.host,
        port=config.port,
        database_url=database_url,
        pack_path=pack,
        time_zone=site_zone(config, home, pack),
        audit_copy=Path(config.audit_copy).expanduser() if config.audit_copy else None,
        devices=DevicePolicy(config.devices),
        look=look_through,
        watch=watch_through,
        public_url=config.public_url.rstrip("/") or None,
        retention=RetentionRules(
            positions_days=config.keep_positions_days,
            evidence_days=config.keep_evidence_days,
            changes_days=config.keep_changes_days,
            results_days=config.keep_results_days,
            area_events_days=config.keep_area_events_days,
            unclaimed_days=config.keep_unclaimed_evidence_days,
            readings_days=config.keep_readings_days,
        ),
        reserve_bytes=config.disk_reserve_mb << 20,
    )


def city_settings(
    home: Path,
    config: Config,
    *,
    server: str,
    pack: Path,
    complaints: Path | None = None,
    replay_speed: float = 1.0,
    real_units: frozenset[str] = frozenset(),
    ca: Path | None = None,
) -> CitySettings:
    """Return the settings of the simulated city; it is already niced by its parent."""
    from console.city.settings import CitySettings

    return CitySettings(
        url=server,
        password=served.password_of(home, "city"),
        ca=pinned(home, server, ca),
        device_code=served.device_code_of(home),
        pack_path=pack,
        home=home,
        seed=config.seed,
        truth_seed=config.truth_seed,
        rate=config.complaints_a_year,
        pace=config.pace,
        officers=config.officers,
        vehicles=config.vehicles,
        replay=complaints,
        replay_speed=replay_speed,
        real_units=real_units,
        nice=0,
    )


def camera_settings(
    home: Path,
    config: Config,
    *,
    pack: Path,
    clips: Path | None = None,
    fault_rate: float | None = None,
) -> CameraServerSettings:
    """Return the settings of the RTSP server of the simulated city."""
    from console.city.cameras.settings import CameraServerSettings

    settings = CameraServerSettings(
        scenes_dir=home / "scenes",
        host=config.host,
        port=config.camera_port,
        count=config.cameras,
        clips_dir=clips,
        truth_path=home / "city" / "camera_truth.jsonl",
        seed=config.seed,
        truth_seed=config.truth_seed,
        pack_path=pack,
        time_zone=site_zone(config, home, pack),
    )
    return settings if fault_rate is None else replace(settings, fault_rate=fault_rate)


def sweep_settings(
    home: Path,
    config: Config,
    console_name: str,
    *,
    part: int = 0,
    parts: int = 1,
    passphrase: str | None = None,
) -> SweepSettings:
    """Return the settings of one process of a console's sweep; it is niced by its parent.

    Args:
        home: The data directory.
        config: Of the site.
        console_name: Whose sweep it is.
        part: Which share of the points it takes, from 0 …
        parts: … of how many; they share the points a second.
        passphrase: What the console's own key is made from, if it is.

    Raises:
        WiringError: There is no such part.
        CacheKeyError: The list of points cannot be unlocked.
    """
    from console.app.cachekey import points_key
    from console.app.cityclock import city_zone
    from console.app.consolesettings import ConsoleSettings
    from console.video.sweep import SweepSettings
    from console.video.visit import BRIEF, VisitSettings

    if not 0 <= part < parts:
        raise WiringError(f"Part {part} of {parts} sweeps does not exist; parts count from 0.")
    console = ConsoleSettings(
        url="", account="", password="", home=home, resources=RESOURCES, name=console_name
    )
    return SweepSettings(
        points_path=console.points_path,
        looks_path=console.looks_path,
        max_per_s=config.sweep_points_per_s / parts,
        part=part,
        parts=parts,
        niceness=0,
        visit=VisitSettings(patience=replace(BRIEF, ca=camera_ca(config))),
        zone=city_zone(site_zone(config, home)),
        zone_path=None if config.time_zone else console.zone_path,
        key=points_key(home, config.cache_key, passphrase),
    )


def console_settings(
    home: Path,
    config: Config,
    *,
    server: str | None,
    account: str,
    password_file: Path | None,
    name: str,
    pack: Path | None = None,
    ca: Path | None = None,
) -> ConsoleSettings:
    """Return the settings of a console.

    Raises:
        WiringError: No server is named and none runs on this home.
        ServedError: The account's password is not to be found.
        TrustError: Nothing may be sent to this address as it is.
    """
    from console.app.consolesettings import ConsoleSettings

    if server is None:
        running = served.running_central(home)
        if running is None:
            raise WiringError(
                "No central server runs on this home. Start one with `zhihui run`, or name one "
                "with --server http://HOST:PORT."
            )
        server = running.url
    ca = pinned(home, server, ca)
    check_address(server, ca)
    return ConsoleSettings(
        url=server,
        account=account,
        password=_password(home, account, password_file),
        home=home,
        name=name,
        language=_LANGUAGES.get(config.language),
        theme=config.theme or None,
        time_zone=site_zone(config, home, pack),
        is_zone_set=bool(config.time_zone),
        basemap=config.basemap,
        basemap_datum=config.basemap_datum,
        camera_ca=camera_ca(config),
        device_code=served.device_code_of(home),
        detector_model=config.detector_model,
        detector_classes=config.detector_classes,
        detector_size=config.detector_size,
        detector_threshold=config.detector_threshold,
        detector_output=config.detector_output,
        ca=ca,
        cache_key=config.cache_key,
        lock_after_min=0.0 if password_file is None else config.lock_after_min,
        password_hint=str(home / "central" / "accounts.json") if password_file is None else "",
        pack_path=pack,
        resources=RESOURCES,
    )


def device_code_for(settings: ConsoleSettings, file: Path | None) -> str:
    """Return the code that admits a console: from a file, else that of its own home's central.

    Raises:
        WiringError: The file cannot be read.
    """
    if file is None:
        return settings.device_code
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WiringError(f"The file with the code {file} cannot be read: {error}") from error


def passphrase_for(config: Config, file: Path | None) -> str | None:
    """Return the passphrase of what a console keeps, if it has one: from a file, or typed.

    Raises:
        WiringError: The file cannot be read.
    """
    if config.cache_key != "passphrase":
        return None
    if file is None:
        return getpass.getpass("Passphrase of this console's local copy: ")
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WiringError(f"The passphrase file {file} cannot be read: {error}") from error


def _password(home: Path, account: str, password_file: Path | None) -> str:
    if password_file is None:
        return served.password_of(home, account)
    try:
        return password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WiringError(f"The password file {password_file} cannot be read: {error}") from error


def seed_home(plan: RunPlan, pack_path: Path) -> None:
    """Enter jurisdictions, force, grids and camera points where they are not entered yet.

    What is there already stays as it is, but for camera points whose port has moved. A home that
    was made for another city is refused, for its incidents would lie in the wrong place.

    Raises:
        WiringError: The home belongs to another city.
    """
    marker = seed_marker(plan.home)
    wanted = {
        "pack": pack_path.name,
        "pack_path": str(pack_path),
        "seed": plan.config.seed,
        "officers": plan.config.officers,
        "vehicles": plan.config.vehicles,
        "cameras": plan.config.cameras,
        "camera_port": plan.config.camera_port,
        "ground": _GROUND,
    }
    found = json.loads(marker.read_text(encoding="utf-8")) if marker.is_file() else None
    if found == wanted:
        return
    if found is not None and found["pack"] != wanted["pack"]:
        raise WiringError(
            f"{plan.home} belongs to the city {found['pack']}; this run is about "
            f"{wanted['pack']}. Give another data directory with --home."
        )
    _enter(plan, pack_path)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(wanted), encoding="utf-8")


def _enter(plan: RunPlan, pack_path: Path) -> None:
    from console.central.server import seed_registry
    from console.city.beats import make_grids
    from console.city.meters import make_sensors
    from console.city.people import make_units
    from console.store.citypack import CityPack

    settings = central_settings(plan.home, plan.config, pack=pack_path)
    with CityPack.open(pack_path) as pack:
        units = make_units(
            pack,
            seed=plan.config.seed,
            officers=plan.config.officers,
            vehicles=plan.config.vehicles,
        )
        seed_registry(
            settings,
            jurisdictions=pack.jurisdictions(),
            units=units,
            grids=make_grids(pack, seed=plan.config.seed),
            sensors=make_sensors(pack, seed=plan.config.seed),
        )
        seed_registry(settings, cameras=_points(plan, pack, units), replace=True)


def _points(plan: RunPlan, pack: CityPack, units: Sequence[Unit]) -> list[Camera]:
    from console.city.cameras.points import camera_points

    return camera_points(
        pack,
        seed=plan.config.seed,
        count=plan.config.cameras,
        host=plan.config.host,
        port=plan.config.camera_port,
        units=units,
    )
