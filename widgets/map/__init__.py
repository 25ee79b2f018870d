"""The map room: the city with its units, camera points and incidents."""

from widgets.map.mapwidget import MapWidget

__all__ = ["MapWidget"]
