"""A rectangle of latitudes and longitudes."""

from __future__ import annotations

from dataclasses import dataclass

from console.geo.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A rectangle in degrees, WGS-84; it never crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, as latitude and longitude."""
        return (self.south + self.north) / 2, (self.west + self.east) / 2

    def contains(self, lat: float, lon: float) -> bool:
        """Whether a point lies in the rectangle or on its edge."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east

    def mask(self, lat: Floats, lon: Floats) -> Bools:
        """Return which points lie in the rectangle, shape (n,)."""
        inside = (lat >= self.south) & (lat <= self.north)
        return inside & (lon >= self.west) & (lon <= self.east)

    def meets(self, other: Bounds) -> bool:
        """Whether the two rectangles share at least a point."""
        return (
            self.west <= other.east
            and other.west <= self.east
            and self.south <= other.north
            and other.south <= self.north
        )

    def grown(self, degrees_lat: float, degrees_lon: float) -> Bounds:
        """Return the rectangle widened on every side."""
        return Bounds(
            west=self.west - degrees_lon,
            south=self.south - degrees_lat,
            east=self.east + degrees_lon,
            north=self.north + degrees_lat,
        )

    @staticmethod
    def around(lat: Floats, lon: Floats) -> Bounds:
        """Return the smallest rectangle that holds all points.

        Raises:
            ValueError: There are no points.
        """
        if not len(lat):
            raise ValueError("no points to bound")
        return Bounds(
            west=float(lon.min()),
            south=float(lat.min()),
            east=float(lon.max()),
            north=float(lat.max()),
        )
