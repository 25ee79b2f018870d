"""Which city `zhihui run` is about: the synthetic one, a city pack, or an OSM extract."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from console.app.site import pack_of_home
from console.app.wiring import RunPlan
from console.domain.errors import ZhihuiError
from console.store.citypack import CityPack

_log = logging.getLogger("zhihui.run")
_OSM_ENDINGS = (".osm.pbf", ".osm.gz", ".osm.bz2", ".osm", ".pbf")
_HASH_BLOCK = 1 << 20


class CityFileError(ZhihuiError):
    """A `--city` file that is no city."""


def ensure_pack(plan: RunPlan) -> Path:
    """Return the city pack of this run, made first where it does not exist yet.

    A home that was made for a city stays with it: without ``--city`` its pack is taken again.

    Raises:
        CityFileError: The given file is missing or of a kind that is not understood.
        CityPackError: The pack is broken.
    """
    if plan.city is None:
        return _last_one(plan) or _synthetic(plan)
    if not plan.city.is_file():
        raise CityFileError(f"There is no file {plan.city}. Check the name after --city.")
    if plan.city.suffix == ".citypack":
        CityPack.open(plan.city)
        return plan.city
    if plan.city.name.endswith(_OSM_ENDINGS):
        return _imported(plan, plan.city)
    raise CityFileError(
        f"{plan.city.name} is no city: give a .citypack, .osm.pbf, .osm.gz or .osm.bz2 file."
    )


def _last_one(plan: RunPlan) -> Path | None:
    """Return the pack that this home was made for, ``None`` when there is none.

    Raises:
        CityPackError: It is broken.
    """
    path = pack_of_home(plan.home)
    if path is not None:
        CityPack.open(path)
    return path


def _synthetic(plan: RunPlan) -> Path:
    from console.city.ground import write_synthetic  # noqa: PLC0415 - only the first time

    path = plan.home / "city" / f"beijing-{plan.config.seed}.citypack"
    if path.exists():
        CityPack.open(path)
        return path
    _say("Drawing the city (the first time only, under a minute) …")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_synthetic(path, seed=plan.config.seed, progress=_tell)
    return path


def _imported(plan: RunPlan, source: Path) -> Path:
    from console.gateways.osm import import_osm  # noqa: PLC0415 - loads osmium and shapely

    path = plan.home / "city" / f"{source.name.split('.')[0]}-{_digest(source)}.citypack"
    if path.exists():
        CityPack.open(path)
        return path
    _say(f"Importing {source.name} (once) …")
    path.parent.mkdir(parents=True, exist_ok=True)
    report = import_osm(source, path, name=None, progress=_say)
    _say(report.text(most=5))
    return path


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()[:10]


def _say(text: str) -> None:
    print(text, flush=True)


def _tell(what: str, share: float) -> None:
    _say(f"  {share:4.0%} {what}")
