"""Writing a city pack: into a file of its own, put in place whole at the end."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from console.domain.places import Jurisdiction
from console.geo.arrays import Floats
from console.roads.columns import RoadColumns, RoadName
from console.store.citypack_schema import (
    APPLICATION_ID,
    LAYERS,
    ROAD_ARRAYS,
    SCHEMA,
    SCHEMA_VERSION,
    Place,
    Shape,
    seen_from_zoom,
)


class CityPackWriter:
    """Writes a city pack; the file appears at its path only when the block ends without error."""

    def __init__(self, path: Path | str) -> None:
        """Take the path the pack is to have; its folder is made when missing."""
        self._path = Path(path)
        self._shapes = 0
        self._places = 0

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=self._path.parent, prefix=f".{self._path.name}.", suffix=".part"
        )
        os.close(handle)
        self._part = Path(name)
        self._connection = sqlite3.connect(self._part, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._connection.executescript(SCHEMA)
        self._connection.execute("BEGIN")
        self.put_meta({"schema": str(SCHEMA_VERSION)})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._connection.close()
            self._part.unlink(missing_ok=True)

    def put_meta(self, meta: dict[str, str]) -> None:
        """Set facts about the pack; a key set again is replaced."""
        self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())

    def put_jurisdiction(self, jurisdiction: Jurisdiction, rings: Sequence[Floats]) -> None:
        """Add a jurisdiction with its rings, each latitude and longitude, shape (n, 2)."""
        j = jurisdiction
        self._connection.execute(
            "INSERT INTO jurisdiction VALUES (?, ?, ?, ?, ?, ?, ?)",
            (j.id, j.parent, j.level.value, j.name_zh, j.name_en, j.lat, j.lon),
        )
        self._connection.executemany(
            "INSERT INTO polygon VALUES (?, ?, ?)",
            [(j.id, part, np.asarray(r, "<f8").tobytes()) for part, r in enumerate(rings)],
        )

    def put_roads(self, columns: RoadColumns, names: Sequence[RoadName]) -> None:
        """Add the road network.

        Raises:
            RoadColumnsError: The columns do not fit together.
        """
        columns.check()
        for name, dtype in ROAD_ARRAYS.items():
            values = np.ascontiguousarray(getattr(columns, name), dtype)
            shape = ",".join(str(n) for n in values.shape)
            self._connection.execute(
                "INSERT INTO array VALUES (?, ?, ?, ?)", (name, dtype, shape, values.tobytes())
            )
        self._connection.executemany(
            "INSERT INTO road_name VALUES (?, ?, ?)",
            [(number, name.zh, name.en) for number, name in enumerate(names)],
        )

    def put_shapes(self, shapes: Iterable[Shape]) -> None:
        """Add shapes to the basemap; they are drawn in the order they are put.

        Raises:
            ValueError: A shape has no points or names no layer.
        """
        for shape in shapes:
            if not len(shape.points) or shape.layer not in LAYERS:
                raise ValueError(f"shape of layer {shape.layer!r} with {len(shape.points)} points")
            self._shapes += 1
            south, west = shape.points.min(axis=0).tolist()
            north, east = shape.points.max(axis=0).tolist()
            zoom = seen_from_zoom(shape.layer, shape.shape_class)
            coords = np.rint(shape.points * 1e7).astype("<i4").tobytes()
            self._connection.execute(
                "INSERT INTO shape VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._shapes, shape.layer, shape.shape_class, shape.name_zh, shape.name_en,
                 shape.kind.value, coords),
            )  # fmt: skip
            self._connection.execute(
                "INSERT INTO shape_box VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._shapes, west, east, south, north, zoom, zoom),
            )

    def put_places(self, places: Iterable[Place]) -> None:
        """Add places and addresses that can be searched for."""
        for place in places:
            self._places += 1
            p = place
            self._connection.execute(
                "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._places, p.kind, p.name_zh, p.name_en, p.address, p.lat, p.lon),
            )

    def _finish(self) -> None:
        self._connection.execute("INSERT INTO place_text(place_text) VALUES ('rebuild')")
        self._connection.execute("COMMIT")
        self._connection.execute("ANALYZE")
        self._connection.close()
        with self._part.open("rb") as file:
            os.fsync(file.fileno())
        self._part.chmod(0o644)
        self._part.replace(self._path)
