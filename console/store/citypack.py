"""City packs: one read-only SQLite file with a city's jurisdictions, roads, basemap and places."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from console.domain.errors import ZhihuiError
from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.geo.arrays import Floats, Ints
from console.geo.bounds import Bounds
from console.geo.polygons import PolygonIndex
from console.roads.columns import RoadColumns, RoadName
from console.roads.graph import RoadGraph
from console.store.citypack_schema import (
    APPLICATION_ID,
    ROAD_ARRAYS,
    SCHEMA_VERSION,
    TABLES,
    Place,
    Shape,
    ShapeKind,
)
from console.store.citypack_writer import CityPackWriter

__all__ = ["CityPack", "CityPackError", "CityPackWriter", "Place", "Shape", "ShapeKind"]

_MAGIC = b"SQLite format 3\x00"
_FEWEST_TRIGRAM = 3
_SHORT_WORD = "lower(p.name_zh || ' ' || p.name_en || ' ' || p.address) LIKE ? ESCAPE '\\'"


class CityPackError(ZhihuiError):
    """A file that is no usable city pack.

    Attributes:
        path: The file.
        reason: What is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The city pack {path} cannot be used: {reason}. Fetch it again from central, or make "
            "it again with “zhihui import osm” or from the simulated city."
        )
        self.path, self.reason = path, reason


@dataclass(frozen=True, slots=True)
class _Areas:
    """Jurisdictions of one level with an index over their polygons."""

    ids: tuple[JurisdictionId, ...]
    index: PolygonIndex


class CityPack:
    """A city pack opened for reading; safe to share between threads (a connection for each)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._areas: dict[JurisdictionLevel, _Areas] = {}
        self.meta: dict[str, str] = {}

    @classmethod
    def open(cls, path: Path | str) -> CityPack:
        """Open a city pack.

        Raises:
            CityPackError: The file is missing, cut short, damaged or no city pack.
        """
        pack = cls(Path(path))
        try:
            _check_file(pack.path)
            pack._check_tables()
        except BaseException:
            pack.close()
            raise
        return pack

    def close(self) -> None:
        """Close the connections of all threads; the pack is of no use afterwards."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def bounds(self) -> Bounds:
        """The rectangle the city lies in."""
        try:
            return Bounds(**{k: float(self.meta[k]) for k in ("west", "south", "east", "north")})
        except (KeyError, ValueError) as error:
            raise CityPackError(
                self.path, f"its bounds are missing or no number ({error})"
            ) from error

    @cached_property
    def sha256(self) -> str:
        """Hash of the file, 64 hexadecimal digits."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def verify(self) -> None:
        """Read the whole file and make sure that it is sound (about a second for 100 MB).

        Raises:
            CityPackError: It is not.
        """
        with self._reading() as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise CityPackError(self.path, f"it is damaged ({verdict})")

    def jurisdictions(self) -> list[Jurisdiction]:
        """Return the city's jurisdictions, parents before children."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, parent, level, name_zh, name_en, lat, lon FROM jurisdiction "
                "ORDER BY CASE level WHEN 'city' THEN 0 WHEN 'district' THEN 1 ELSE 2 END, id"
            ).fetchall()
            return [
                Jurisdiction(
                    id=JurisdictionId(row[0]),
                    parent=JurisdictionId(row[1]) if row[1] else None,
                    level=JurisdictionLevel(row[2]),
                    name_zh=row[3],
                    name_en=row[4],
                    lat=row[5],
                    lon=row[6],
                )
                for row in rows
            ]

    def rings(self, jurisdiction: str) -> list[Floats]:
        """Return the rings of a jurisdiction, each latitude and longitude, shape (n, 2)."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT ring FROM polygon WHERE jurisdiction = ? ORDER BY part", (jurisdiction,)
            ).fetchall()
            return [np.frombuffer(row[0], "<f8").reshape(-1, 2) for row in rows]

    def road_graph(self) -> RoadGraph:
        """Build the road graph; keep it, it is the expensive part of a pack.

        Raises:
            CityPackError: An array is missing.
            RoadColumnsError: The arrays do not fit together.
        """
        columns = RoadColumns(**{name: self._array(name) for name in ROAD_ARRAYS})
        with self._reading() as connection:
            rows = connection.execute("SELECT zh, en FROM road_name ORDER BY id").fetchall()
            return RoadGraph(columns, [RoadName(zh=zh, en=en) for zh, en in rows])

    def shapes(
        self, layers: Iterable[str], bounds: Bounds, *, zoom: int | None = None
    ) -> Iterator[Shape]:
        """Yield the shapes of some layers whose boxes meet a rectangle, in the order stored.

        Args:
            layers: Names of layers.
            bounds: The rectangle.
            zoom: Leave out what is not to be seen yet at this zoom; ``None`` leaves out nothing.
        """
        wanted = tuple(layers)
        marks = ",".join("?" * len(wanted))
        box = (bounds.west, bounds.east, bounds.south, bounds.north)
        seen = 99 if zoom is None else zoom
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT s.id, s.layer, s.class, s.name_zh, s.name_en, s.kind, s.coords "
                "FROM shape_box b CROSS JOIN shape s ON s.id = b.id "
                "WHERE b.maxlon >= ? AND b.minlon <= ? AND b.maxlat >= ? AND b.minlat <= ? "
                f"AND b.minzoom <= ? AND s.layer IN ({marks}) ORDER BY s.id",
                (*box, seen, *wanted),
            ).fetchall()
            for row in rows:
                yield Shape(
                    id=row[0],
                    layer=row[1],
                    shape_class=row[2],
                    name_zh=row[3],
                    name_en=row[4],
                    kind=ShapeKind(row[5]),
                    points=np.frombuffer(row[6], "<i4").reshape(-1, 2) * 1e-7,
                )

    def has_layer(self, layer: str) -> bool:
        """Whether there is anything to draw in a layer."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM shape WHERE layer = ? LIMIT 1", (layer,)
            ).fetchone()
        return row is not None

    def find_places(self, text: str, limit: int = 20) -> list[Place]:
        """Return places and addresses that hold every word of ``text``, the best first."""
        words = text.lower().split()
        if not words:
            return []
        query, values = _place_query(words)
        with self._reading() as connection:
            whole = " ".join(words)
            rows = connection.execute(query, (*values, whole, f"{whole}%", limit)).fetchall()
            return [_place(row) for row in rows]

    def places(self, kinds: Iterable[str]) -> list[Place]:
        """Return all places of some kinds ("school", "market", "address" …)."""
        wanted = tuple(kinds)
        marks = ",".join("?" * len(wanted))
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, kind, name_zh, name_en, address, lat, lon FROM place "
                f"WHERE kind IN ({marks}) ORDER BY id",
                wanted,
            ).fetchall()
            return [_place(row) for row in rows]

    def all_places(self) -> list[Place]:
        """Return every place and address."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, kind, name_zh, name_en, address, lat, lon FROM place ORDER BY id"
            ).fetchall()
            return [_place(row) for row in rows]

    def named_roads(self) -> list[Place]:
        """Return each named road once, at the middle of its longest stretch."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, name_zh, name_en, coords, max(length(coords)) FROM shape "
                "WHERE layer = 'road' AND coalesce(name_zh, name_en) IS NOT NULL "
                "GROUP BY name_zh, name_en ORDER BY id"
            ).fetchall()
            roads = []
            for number, zh, en, coords, _ in rows:
                points = np.frombuffer(coords, "<i4").reshape(-1, 2)
                lat, lon = (points[len(points) // 2] * 1e-7).tolist()
                roads.append(
                    Place(
                        id=number, kind="road", name_zh=zh or "", name_en=en or "", address="",
                        lat=lat, lon=lon,
                    )
                )  # fmt: skip
            return roads

    def district_at(
        self, lat: float, lon: float
    ) -> tuple[JurisdictionId | None, JurisdictionId | None]:
        """Return the district and the street that hold a point, ``None`` where there is none."""
        districts, streets = self.districts_at(np.array([lat]), np.array([lon]))
        return districts[0], streets[0]

    def districts_at(
        self, lat: Floats, lon: Floats
    ) -> tuple[list[JurisdictionId | None], list[JurisdictionId | None]]:
        """Return the district and the street of each point, in the order of the points."""
        return (
            self._holders(JurisdictionLevel.DISTRICT, lat, lon),
            self._holders(JurisdictionLevel.STREET, lat, lon),
        )

    def _holders(
        self, level: JurisdictionLevel, lat: Floats, lon: Floats
    ) -> list[JurisdictionId | None]:
        areas = self._areas_of(level)
        found: Ints = areas.index.find(lat, lon)
        return [areas.ids[number] if number >= 0 else None for number in found.tolist()]

    def _areas_of(self, level: JurisdictionLevel) -> _Areas:
        with self._lock:
            areas = self._areas.get(level)
        if areas is None:
            with self._reading():
                ids = tuple(j.id for j in self.jurisdictions() if j.level is level)
                areas = _Areas(ids, PolygonIndex([self.rings(id_) for id_ in ids]))
            with self._lock:
                self._areas[level] = areas
        return areas

    def _array(self, name: str) -> Any:
        with self._reading() as connection:
            row = connection.execute(
                "SELECT dtype, shape, data FROM array WHERE name = ?", (name,)
            ).fetchone()
        if row is None:
            raise CityPackError(self.path, f"the road array “{name}” is missing")
        dtype, shape, data = row
        try:
            return np.frombuffer(data, dtype).reshape([int(n) for n in shape.split(",")])
        except (ValueError, TypeError, AttributeError) as error:
            raise CityPackError(self.path, f"the road array “{name}” is damaged") from error

    def _check_tables(self) -> None:
        with self._reading() as connection:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            rows = connection.execute("SELECT name FROM sqlite_master").fetchall()
            missing = set(TABLES) - {name for (name,) in rows}
            if application != APPLICATION_ID or missing:
                raise CityPackError(self.path, "it is an SQLite file but no city pack")
            self.meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        if self.meta.get("schema") != str(SCHEMA_VERSION):
            raise CityPackError(
                self.path,
                f"its layout is version {self.meta.get('schema')}, this program reads "
                f"{SCHEMA_VERSION}",
            )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection; what is stumbled over inside becomes a sentence."""
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
                connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
                self._local.connection = connection
                with self._lock:
                    self._connections.append(connection)
            yield connection
        except (sqlite3.Error, ValueError, TypeError, OverflowError, IndexError) as error:
            raise CityPackError(self.path, f"it is damaged ({error})") from error


def _check_file(path: Path) -> None:
    """Make sure that the file is whole, by its first 100 bytes.

    Raises:
        CityPackError: It is missing, cut short or no SQLite file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise CityPackError(path, f"it cannot be read ({error.strerror})") from error
    if not head.startswith(_MAGIC) or len(head) < 100:
        raise CityPackError(path, "it is no city pack (not an SQLite file)")
    page = int.from_bytes(head[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    if size < expected:
        raise CityPackError(path, f"it is cut short ({size:,} of {expected:,} bytes)")


def _place_query(words: list[str]) -> tuple[str, list[str]]:
    """Return the query for places that hold all words, and its values.

    The index knows runs of three characters; shorter words ("工体") are looked for by reading on.
    """
    long_ = [word for word in words if len(word) >= _FEWEST_TRIGRAM]
    short = [word for word in words if len(word) < _FEWEST_TRIGRAM]
    conditions = ["1=1"]
    values: list[str] = []
    if long_:
        conditions.append("p.id IN (SELECT rowid FROM place_text WHERE place_text MATCH ?)")
        values.append(" AND ".join('"' + word.replace('"', '""') + '"' for word in long_))
    for word in short:
        conditions.append(_SHORT_WORD)
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values.append(f"%{escaped}%")
    query = (
        "SELECT p.id, p.kind, p.name_zh, p.name_en, p.address, p.lat, p.lon FROM place p "
        f"WHERE {' AND '.join(conditions)} "
        "ORDER BY p.kind = 'address', lower(p.name_zh) <> ?, NOT (lower(p.name_zh) LIKE ?), "
        "length(p.name_zh), p.id LIMIT ?"
    )
    return query, values


def _place(row: tuple[Any, ...]) -> Place:
    return Place(
        id=row[0], kind=row[1], name_zh=row[2], name_en=row[3], address=row[4],
        lat=row[5], lon=row[6],
    )  # fmt: skip
