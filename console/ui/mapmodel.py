"""Everything a map widget is built on: the feed, the page's addresses and the city's frame."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject

from console.render.mappage import build_page
from console.store.citypack import CityPack
from console.ui.mapareas import MapAreas
from console.ui.mapfeed import MapFeed
from console.ui.mapground import MapGround
from console.ui.mapplace import MapPlaces
from console.ui.mapreplay import MapReplay
from console.ui.mapscheme import MapAddresses, TileSource, channel_script
from console.ui.mapsearch import MapSearch
from console.ui.mapsensors import MapSensors
from console.ui.mapview import fitting_zoom
from console.ui.mapviews import MapViews

#: Tiles drawn at once. With two, dragging over undrawn ground held the GUI thread up for 40 ms at
#: the 99th percentile on two shared cores; with one, for 11 ms.
TILE_THREADS = 1
TILE_NICENESS = 10
#: The zoom of a large city: its middle is looked at; a small one is looked at whole.
FIRST_ZOOM, NEAREST_FIRST_ZOOM = 11, 17
#: West, south, east, north of China.
COUNTRY = (73.5, 18.1, 134.8, 53.6)


def _yield_to_others() -> None:
    """Let this thread draw tiles only with what the rest of the console leaves of the machine."""
    if sys.platform.startswith("linux"):  # elsewhere niceness is the whole process's
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), TILE_NICENESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFrame:
    """The city a map is of.

    Attributes:
        bounds: West, south, east, north, WGS-84 degrees.
        centre: Latitude and longitude the map looks at first; ``None`` for the bounds' middle.
        attribution: Whose the basemap's data is.
    """

    bounds: tuple[float, float, float, float]
    centre: tuple[float, float] | None = None
    attribution: str = ""

    @property
    def first_look(self) -> tuple[float, float]:
        """Latitude and longitude the map looks at first."""
        west, south, east, north = self.bounds
        return self.centre or ((south + north) / 2, (west + east) / 2)

    def first_zoom(self, size_px: tuple[int, int]) -> float:
        """Return the web map zoom the map starts at: nearer when the whole city is in view then.

        Args:
            size_px: Width and height of the view, CSS pixels.
        """
        west, south, east, north = self.bounds
        corners = ((south, west), (north, east))
        return fitting_zoom(
            self.first_look, corners, size_px, at_least=FIRST_ZOOM, at_most=NEAREST_FIRST_ZOOM
        )

    @classmethod
    def of_places(cls, places: Sequence[tuple[float, float]]) -> MapFrame:
        """Return a frame round latitudes and longitudes; of nothing, round the whole country."""
        if not places:
            return cls(bounds=COUNTRY)
        south, west = np.min(places, axis=0).tolist()
        north, east = np.max(places, axis=0).tolist()
        room = max(0.02, 0.05 * (north - south), 0.05 * (east - west))
        return cls(bounds=(west - room, south - room, east + room, north + room))

    @classmethod
    def of_pack(cls, pack: CityPack) -> MapFrame:
        """Return the frame of a city pack.

        Raises:
            CityPackError: The pack's bounds are missing or no numbers.
        """
        box = pack.bounds
        lat, lon = pack.meta.get("centre_lat"), pack.meta.get("centre_lon")
        return cls(
            bounds=(box.west, box.south, box.east, box.north),
            centre=(float(lat), float(lon)) if lat is not None and lon is not None else None,
            attribution=pack.meta.get("attribution", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MapAnswers:
    """What answers the questions asked in a map; each may be missing.

    Attributes:
        search: Answers what is typed in the map's search.
        places: Answers what the menu at a place asks.
        replay: Shows the past.
        areas: Draws and watches areas.
        views: Keeps views that were saved.
        ground: Draws districts and grids, and knows who answers for a place.
        sensors: Knows what sensors read, now and in the past.
    """

    search: MapSearch | None = None
    places: MapPlaces | None = None
    replay: MapReplay | None = None
    areas: MapAreas | None = None
    views: MapViews | None = None
    ground: MapGround | None = None
    sensors: MapSensors | None = None


class MapModel(QObject):
    """The feed and the page of one map.

    Args:
        resources: The distribution's ``resources`` folder.
        frame: The city.
        tiles: Draws the basemap; without it the map shows a graticule.
        answers: What answers the questions asked in the map.

    Raises:
        MapPageError: A file of the page is missing.
    """

    def __init__(
        self,
        *,
        resources: Path,
        frame: MapFrame,
        tiles: TileSource | None,
        feed: MapFeed,
        answers: MapAnswers | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.frame, self.feed = frame, feed
        told = answers or MapAnswers()
        self.search, self.places = told.search, told.places
        self.replay, self.areas, self.views = told.replay, told.areas, told.views
        self.ground, self.sensors = told.ground, told.sensors
        self._executor = ThreadPoolExecutor(
            TILE_THREADS, thread_name_prefix="tile", initializer=_yield_to_others
        )
        lat, lon = frame.first_look
        script = channel_script()
        files = build_page(resources, lat=lat, lon=lon, zoom=FIRST_ZOOM, channel_script=script)
        self.addresses = MapAddresses(
            files=files, feed=feed, tiles=tiles, executor=self._executor, ground=told.ground,
            parent=self,
        )  # fmt: skip

    def close(self) -> None:
        """Stop drawing tiles; what has begun is finished."""
        self._executor.shutdown(wait=True, cancel_futures=True)
