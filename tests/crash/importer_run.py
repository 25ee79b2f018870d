"""Reads one spoilt file after another; run as a process of its own, which may crash or hang.

Usage: importer_run.py KIND SEED_FILE COUNT SEED FOLDER — a line is written before each file, and
"ok READ REFUSED" at the end. What is raised that is no sentence of ours ends it with status 1.
"""

from __future__ import annotations

import random
import sys
import tomllib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_parts import spoilt_largely

from console.domain.errors import ZhihuiError
from console.gateways.cameras import read_cameras
from console.gateways.complaints import load_mapping, read_complaints
from console.gateways.osm import import_osm
from console.gateways.rows import ImportReport
from console.store.citypack import CityPack

MAPPING = Path(__file__).parents[2] / "resources" / "mappings" / "nyc311.toml"
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, "", "x", "Asia/Nowhere", [], [1], [["a"]], {}, {"a": {"b": 1}},
    "\x00", "9" * 5000, 2**70,
)  # fmt: skip


def read_osm(path: Path) -> None:
    import_osm(path, path.with_suffix(".citypack"), name="城", progress=lambda _: None)


def read_points(path: Path) -> None:
    read_cameras(path, ImportReport())


def read_reports(path: Path) -> None:
    read_complaints(path, load_mapping(MAPPING), ImportReport())


def read_pack(path: Path) -> None:
    """Ask a pack everything that console, central and city ask of one."""
    with CityPack.open(path) as pack:
        pack.verify()
        use_pack(pack)


def use_pack(pack: CityPack) -> None:
    pack.road_graph()
    list(pack.shapes(("water", "green", "road", "building"), pack.bounds))
    pack.find_places("工体")
    pack.find_places("School")
    pack.all_places()
    pack.places(["school"])
    pack.named_roads()
    pack.jurisdictions()
    middle = np.array([pack.bounds.south + 0.01]), np.array([pack.bounds.west + 0.01])
    pack.districts_at(*middle)


def read_pack_unverified(path: Path) -> None:
    """The same without looking at the whole first: a start does not wait for that."""
    with CityPack.open(path) as pack:
        use_pack(pack)


def read_mapping(path: Path) -> None:
    load_mapping(path)


READERS: dict[str, Callable[[Path], None]] = {
    "osm": read_osm,
    "cameras": read_points,
    "complaints": read_reports,
    "pack": read_pack,
    "pack_unverified": read_pack_unverified,
    "mapping": read_mapping,
    "mapping_shape": read_mapping,
}


def spoilt_mapping(whole: bytes, chance: random.Random) -> bytes:
    """Return a mapping that is sound TOML with something of another kind in it."""
    tree = tomllib.loads(whole.decode())
    node = tree
    while True:
        key = chance.choice(list(node))
        if not isinstance(node[key], dict) or not node[key] or chance.random() < 0.3:
            break
        node = node[key]
    if chance.random() < 0.2:
        del node[key]
    else:
        node[key] = chance.choice(JUNK)
    return "\n".join(_toml(name, value) for name, value in tree.items()).encode()


def _toml(name: str, value: Any) -> str:
    return f"{_key(name)} = {_value(value)}"


def _key(name: str) -> str:
    return '"' + name.replace('"', "") + '"'


def _value(value: Any) -> str:
    if value is None:
        return "nan"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', "").replace("\x00", "\\u0000") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(_toml(name, one) for name, one in value.items()) + "}"
    return repr(value)


def main(kind: str, seed_file: Path, count: int, seed: int, folder: Path) -> int:
    whole = seed_file.read_bytes()
    spoil = spoilt_mapping if kind == "mapping_shape" else spoilt_largely
    read = refused = 0
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        path = folder / f"spoilt{number}{''.join(seed_file.suffixes)}"
        path.write_bytes(spoil(whole, chance))
        print(f"file {number}", flush=True)
        try:
            READERS[kind](path)
            read += 1
        except ZhihuiError as error:
            if not str(error).strip():
                raise
            refused += 1
        except Exception:  # noqa: BLE001 - whatever it is, it is told with its file
            print(f"FAILED {path}", flush=True)
            traceback.print_exc(file=sys.stdout)
            return 1
        path.unlink()
        path.with_suffix(".citypack").unlink(missing_ok=True)
    print(f"ok {read} {refused}", flush=True)
    return 0


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(given[0], Path(given[1]), int(given[2]), int(given[3]), Path(given[4])))
