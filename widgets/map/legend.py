"""What the legend shows: one entry a meaning, drawn by the same code as the map."""

from __future__ import annotations

from console.domain.levels import Level
from console.domain.sensors import SensorKind, SensorState
from console.domain.units import UnitKind, UnitStatus
from console.ui.mapsprites import (
    CameraState,
    MapLayer,
    camera_sprite,
    incident_sprite,
    sensor_sprite,
    stale_unit_sprite,
    unit_sprite,
)


def legend_entries() -> list[dict[str, object]]:
    """Return the legend's rows: layer, sprite number and the name of the word beside it."""

    def entry(layer: MapLayer, sprite: int, word: str) -> dict[str, object]:
        return {"layer": layer.value, "sprite": sprite, "word": word}

    units = MapLayer.UNITS
    officer = UnitKind.OFFICER
    return [
        *(
            entry(
                MapLayer.INCIDENTS,
                incident_sprite(level, waits=False),
                f"level_{level.name.lower()}",
            )
            for level in Level
        ),
        entry(MapLayer.INCIDENTS, incident_sprite(Level.HIGH, waits=True), "waiting"),
        *(
            entry(units, unit_sprite(status, officer), f"status_{status}")
            for status in UnitStatus
            if status is not UnitStatus.OFF_DUTY
        ),
        entry(units, stale_unit_sprite(UnitStatus.AVAILABLE, officer), "stale"),
        entry(units, unit_sprite(UnitStatus.AVAILABLE, UnitKind.PATROL), "patrol"),
        entry(units, unit_sprite(UnitStatus.AVAILABLE, UnitKind.VEHICLE), "vehicle"),
        *(
            entry(MapLayer.SENSORS, sensor_sprite(SensorKind.NOISE, state), f"sensor_{state}")
            for state in SensorState
        ),
        *(
            entry(MapLayer.SENSORS, sensor_sprite(kind, SensorState.NORMAL), f"sensor_{kind}")
            for kind in SensorKind
        ),
        *(
            entry(MapLayer.CAMERAS, camera_sprite(state, 45.0), f"camera_{state}")
            for state in CameraState
        ),
    ]
