"""Every word the map shows, in the language of the interface."""

from __future__ import annotations

from PySide6.QtCore import QObject

from console.domain.incidents import Incident
from console.domain.levels import Level
from console.domain.places import Camera
from console.domain.sensors import SensorKind
from console.domain.units import Unit, UnitKind, UnitStatus
from console.ui.mapfeed import MapFeed
from console.ui.mapsensors import kind_word, sensor_text
from console.ui.mapsprites import CameraState, MapLayer
from console.ui.words import form_word, level_word, stage_word


class MapWords(QObject):
    """Words of the map's panel, legend and hints."""

    def panel(self) -> dict[str, str]:
        """Return the words the page itself shows, by the names it uses."""
        return {
            "zoom_in": self.tr("Zoom in"),
            "zoom_out": self.tr("Zoom out"),
            "home": self.tr("Whole city"),
            "layers": self.tr("Layers"),
            "legend": self.tr("Legend"),
            "layer_units": self.tr("Units"),
            "layer_off_duty": self.tr("Off duty"),
            "layer_cameras": self.tr("Camera points"),
            "layer_incidents": self.tr("Incidents"),
            "age_s": self.tr("positions {n} s old"),
            "age_min": self.tr("positions {n} min old"),
            "age_none": self.tr("no positions yet"),
            "stale": self.tr("Stale or asleep"),
            "patrol": self.tr("Foot patrol"),
            "vehicle": self.tr("Vehicle"),
            "officer": self.tr("Officer"),
            "reach": self.tr("5 and 10 min by car from the picked incident"),
            "search": self.tr("Place, unit, camera, number, coordinates  ( / )"),
            "nothing_found": self.tr("Nothing is called that."),
            "act_incident": self.tr("New incident"),
            "act_near": self.tr("Who is near"),
            "act_cameras": self.tr("Cameras here"),
            "act_history": self.tr("History"),
            "act_measure": self.tr("Measure"),
            "act_route": self.tr("Way to …"),
            "act_send": self.tr("Send someone"),
            "measure_how": self.tr("Each click measures on; Esc ends."),
            "route_how": self.tr("Click where the way shall lead; Esc ends."),
            "layer_heat": self.tr("Heat of the last 24 h"),
            "layer_districts": self.tr("Districts and streets"),
            "layer_grids": self.tr("Responsibility grids"),
            "layer_colours": self.tr("Three colours of the last 6 h"),
            "tone_red": self.tr("Far more than usual here"),
            "tone_yellow": self.tr("More than usual here"),
            "tone_green": self.tr("As usual"),
            "tone_unknown": self.tr("Not known well enough"),
            "views": self.tr("My views"),
            "view_save": self.tr("Save this view as …"),
            "filter_how": self.tr("Click to hide or show"),
            "layer_areas": self.tr("Areas"),
            "act_area": self.tr("Draw an area"),
            "area_how": self.tr("Click the corners; Enter or the first corner ends, Esc gives up."),
            "area_new": self.tr("New area"),
            "area_name": self.tr("Name"),
            "area_kind": self.tr("Kind"),
            "area_dwell": self.tr("Stays longer than, min"),
            "area_absence": self.tr("Nobody there for, min"),
            "area_need": self.tr("People needed"),
            "area_inside": self.tr("Inside:"),
            "area_save": self.tr("Save"),
            "area_close": self.tr("Close"),
            "area_message": self.tr("Message to all inside"),
            "area_retire": self.tr("Take out of use"),
            "area_import": self.tr("Areas from GeoJSON or KML …"),
            "rule_enter": self.tr("Tell who enters"),
            "rule_leave": self.tr("Tell who leaves"),
            "rule_dwell": self.tr("Tell who stays long"),
            "rule_absence": self.tr("Tell when nobody is there"),
            "area_fence": self.tr("Fence"),
            "area_closure": self.tr("Road closure"),
            "area_cordon": self.tr("Cordon"),
            "area_event": self.tr("Event"),
            "area_post": self.tr("Post"),
            "area_edit": self.tr("Change"),
            "area_replay": self.tr("Past hour here"),
            "area_rests": self.tr("Not in use now"),
            "area_plan": self.tr("Event"),
            "area_posts": self.tr("At their posts:"),
            "area_past": self.tr("What happened here"),
            "area_nothing": self.tr("Nothing in three days."),
            "area_older": self.tr("What happened earlier"),
            "area_all": self.tr("Nothing earlier is kept."),
            "area_edit_how": self.tr(
                "Drag corners and half-way marks; Tab to a corner: arrows move, + adds, "
                "Del takes out."
            ),
            "area_corner": self.tr("Corner"),
            "area_starts": self.tr("From"),
            "area_ends": self.tr("Until"),
            "area_units": self.tr("Only units (call signs)"),
            "area_response": self.tr("What is to be done"),
            "replay_speed": self.tr("Speed"),
            "replay_box": self.tr("Only who was in a rectangle"),
            "replay_all": self.tr("Everybody again"),
            "replay_when": self.tr("Begins at"),
            "replay_hours": self.tr("How long"),
            "replay_in": self.tr("who was in {0}"),
            "replay_whole": self.tr("everybody"),
            "replay_units": self.tr("{n} units"),
            "replay_box_how": self.tr(
                "Click two corners of a rectangle, or Enter for what the map shows; Esc gives up."
            ),
            "replay": self.tr("Positions of the past"),
            "replay_past": self.tr("PAST"),
            "replay_loading": self.tr("Fetching …"),
            "replay_earlier": self.tr("An hour earlier"),
            "replay_later": self.tr("An hour later"),
            "replay_play": self.tr("Play or stop"),
            "replay_end": self.tr("Back to the present"),
            "groups": self.tr("Groups where it is dense"),
            "group": self.tr("{n} here · worst: {worst}"),
            "waiting": self.tr("Thick rim: nobody has accepted"),
            **{f"status_{status}": self.status(status) for status in UnitStatus},
            **{f"level_{level.name.lower()}": level_word(level) for level in Level},
            **{f"camera_{state}": self.camera_state(state) for state in CameraState},
            "layer_sensors": self.tr("Sensors"),
            **{f"sensor_{kind}": kind_word(kind) for kind in SensorKind},
            "sensor_normal": self.tr("Sensor, within its limits"),
            "sensor_over": self.tr("Sensor, at or beyond a limit"),
            "sensor_silent": self.tr("Sensor, silent"),
        }

    def status(self, status: UnitStatus) -> str:
        """Return what a unit is doing."""
        return {
            UnitStatus.AVAILABLE: self.tr("Available"),
            UnitStatus.ASSIGNED: self.tr("Ordered, not yet accepted"),
            UnitStatus.EN_ROUTE: self.tr("On the way"),
            UnitStatus.ON_SCENE: self.tr("On scene"),
            UnitStatus.OFF_DUTY: self.tr("Off duty"),
        }[status]

    def kind(self, kind: UnitKind) -> str:
        """Return what a unit is."""
        return {
            UnitKind.OFFICER: self.tr("Officer"),
            UnitKind.PATROL: self.tr("Foot patrol"),
            UnitKind.VEHICLE: self.tr("Vehicle"),
        }[kind]

    def camera_state(self, state: CameraState) -> str:
        """Return what is known of a camera's picture."""
        return {
            CameraState.UNKNOWN: self.tr("Camera, not looked at yet"),
            CameraState.GOOD: self.tr("Camera, picture good"),
            CameraState.FAULTY: self.tr("Camera, picture faulty"),
            CameraState.OFFLINE: self.tr("Camera offline"),
        }[state]

    def age(self, age_s: float | None, freshness: str) -> str:
        """Return how old a fix is, and what that means.

        Args:
            age_s: Seconds, ``None`` without a fix.
            freshness: Name of its freshness: "fresh", "late", "stale", "asleep", "no_fix".
        """
        if age_s is None:
            return self.tr("no fix")
        if age_s < 90:
            age = self.tr("fix {n} s old").replace("{n}", str(round(age_s)))
        else:
            age = self.tr("fix {n} min old").replace("{n}", str(round(age_s / 60)))
        meaning = {
            "late": self.tr("late"),
            "stale": self.tr("stale"),
            "asleep": self.tr("handheld asleep"),
        }.get(freshness)
        return f"{age} · {meaning}" if meaning else age

    def hint(self, feed: MapFeed, layer: MapLayer, thing: str) -> str:
        """Return the hint for something on the map."""
        if layer is MapLayer.UNITS and (unit := feed.unit(thing)) is not None:
            age_s, freshness = feed.fix_of(thing)
            return self.unit_hint(unit, age_s, freshness.name.lower())
        if layer is MapLayer.INCIDENTS and (incident := feed.incident(thing)) is not None:
            return self.incident_hint(incident)
        if layer is MapLayer.CAMERAS and (camera := feed.camera(thing)) is not None:
            return self.camera_hint(camera, feed.camera_state(thing))
        if layer is MapLayer.SENSORS and (shown := feed.sensor(thing)) is not None:
            first = f"{kind_word(shown.sensor.kind)} · {shown.sensor.name}"
            return f"{first}\n{sensor_text(shown, feed.now())}"
        return ""

    def unit_hint(self, unit: Unit, age_s: float | None, freshness: str) -> str:
        """Return the hint for a unit."""
        name = f" {unit.name}" if unit.name else ""
        who = f"{unit.call_sign}{name} · {self.kind(unit.kind)}"
        return f"{who}\n{self.status(unit.status)} · {self.age(age_s, freshness)}"

    def incident_hint(self, incident: Incident) -> str:
        """Return the hint for an incident."""
        number = incident.number or self.tr("not yet numbered")
        first = f"{level_word(incident.level)} · {number} · {stage_word(incident.stage)}"
        second = f"{form_word(incident.form)} · {incident.place}"
        return "\n".join(part for part in (first, second, incident.summary) if part)

    def camera_hint(self, camera: Camera, state: CameraState) -> str:
        """Return the hint for a camera point."""
        return f"{camera.name}\n{self.camera_state(state)}"

    def attribution(self, written: str) -> str:
        """Return whose the map's data is; what is quoted from a licence stays as written."""
        invented = "Invented city, laid out by Zhihui"
        return self.tr("Invented city, laid out by Zhihui") if written == invented else written

    def starting(self) -> str:
        """Return what stands where the map will be."""
        return self.tr("The map is starting …")

    def reloaded(self) -> str:
        """Return what is said after the page's process ended and was started again."""
        return self.tr("The map stopped and was started again. Nothing is lost.")

    def given_up(self) -> str:
        """Return what is said when the page's process ends again and again."""
        return self.tr(
            "The map stops again and again. Everything else goes on. Press F5 here to try it once "
            "more; the reason is in the log."
        )
