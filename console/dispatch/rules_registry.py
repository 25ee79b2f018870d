"""Rules of the register: duty, units, camera points, jurisdictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from console.dispatch.checks import checked_id, checked_position, checked_time, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.rules_catalogue import check_base
from console.domain.audit import MASK
from console.domain.errors import RejectedError
from console.domain.ids import UnitId
from console.domain.places import Camera, Jurisdiction, JurisdictionLevel
from console.domain.units import Unit, UnitStatus
from console.domain.watch import DutyReport
from console.protocol import commands as c

_MAX_UNIT_NO = 2**32 - 1


def set_duty(ask: Ask, body: c.SetDuty) -> Decision:
    """Take a unit on duty, or off it once it has nothing more to do."""
    unit = ask.unit(body.unit)
    ask.check_speaks_for(unit.id, unit.call_sign)
    checked_time(body.at, "the duty report")
    if body.on_duty and unit.retired:
        raise RejectedError(f"{unit.call_sign} is retired; enter it again before it comes on duty.")
    if body.on_duty is (unit.status is not UnitStatus.OFF_DUTY):
        return _equipped(ask, body) if body.on_duty else NOTHING_NEW
    if not body.on_duty and any(one.is_running for one in ask.rows.assignments_of_unit(unit.id)):
        raise RejectedError(
            f"{unit.call_sign} still has a task; it can go off duty when that is reported or "
            "withdrawn."
        )
    status = UnitStatus.AVAILABLE if body.on_duty else UnitStatus.OFF_DUTY
    draft = Draft(ask)
    draft.put(replace(unit, status=status))
    held = ask.rows.get(DutyReport, unit.id)
    if body.on_duty:
        draft.put(_reported(ask, body, version=0 if held is None else held.version))
    elif held is not None:
        draft.put(replace(held, until=ask.device_time(body.at)))
    return draft.decision()


def _equipped(ask: Ask, body: c.SetDuty) -> Decision:
    """Take what a unit that is on duty already says of its equipment and post."""
    held = ask.rows.get(DutyReport, body.unit)
    told = _reported(ask, body, version=0 if held is None else held.version)
    if held is not None:
        told = replace(told, since=held.since, answered_at=held.answered_at)
    bare = DutyReport(id=told.id, unit=told.unit, since=told.since)
    if told in (held, bare):
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(told)
    return draft.decision()


def _reported(ask: Ask, body: c.SetDuty, *, version: int) -> DutyReport:
    """Return what a unit said of itself when it came on duty."""
    for words, what in (
        (body.vehicle, "vehicle"),
        (body.radio, "radio"),
        (body.handheld, "handheld"),
        (body.body_camera, "body camera"),
        (body.post, "post"),
    ):
        checked_words(words or "", what)
    since = ask.device_time(body.at)
    until = None if body.until is None else checked_time(body.until, "the end of duty")
    if until is not None and until <= since:
        raise RejectedError("Duty would end before it begins; say until when it really lasts.")
    return DutyReport(
        id=body.unit,
        unit=UnitId(body.unit),
        since=since,
        until=until,
        vehicle=body.vehicle,
        radio=body.radio,
        handheld=body.handheld,
        body_camera=body.body_camera,
        post=body.post,
        version=version,
    )


def put_units(ask: Ask, body: c.PutUnits) -> Decision:
    """Enter or replace units; what one is doing is never replaced."""
    draft = Draft(ask)
    numbers: dict[int, str] = {}
    call_signs: dict[str, str] = {}
    for unit in body.units:
        _check_unit(ask, unit)
        if (
            numbers.setdefault(unit.no, unit.id) != unit.id
            or call_signs.setdefault(unit.call_sign, unit.id) != unit.id
        ):
            raise RejectedError(
                f"The number {unit.no} or the call sign {unit.call_sign} is given twice."
            )
        earlier = ask.rows.unit(unit.id)
        if unit.retired and any(one.is_running for one in ask.rows.assignments_of_unit(unit.id)):
            raise RejectedError(f"{unit.call_sign} still has a task; withdraw it, then retire it.")
        check_base("unit", unit, earlier, f"unit {unit.call_sign}")
        entered = _entered(earlier, unit)
        if entered is not None:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def put_cameras(ask: Ask, body: c.PutCameras) -> Decision:
    """Enter or replace camera points."""
    draft = Draft(ask)
    for camera in body.cameras:
        _check_camera(camera)
        if camera.unit is not None and ask.rows.unit(camera.unit) is None:
            raise RejectedError(
                f"{camera.name} is to move with the unit {camera.unit}, which nobody knows; enter "
                "the unit first."
            )
        earlier = ask.rows.camera(camera.id)
        check_base("camera point", camera, earlier, camera.name)
        entered = replace(
            camera,
            version=earlier.version if earlier else 0,
            username=_kept(camera.username, earlier.username if earlier else None),
            password=_kept(camera.password, earlier.password if earlier else None),
        )
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def _kept(typed: str | None, held: str | None) -> str | None:
    """Return a secret as it was typed; one that is as administrators are shown it stays."""
    return held if typed == MASK else typed


def put_jurisdictions(ask: Ask, body: c.PutJurisdictions) -> Decision:
    """Enter or replace jurisdictions."""
    draft = Draft(ask)
    given: dict[str, Jurisdiction] = {one.id: one for one in body.jurisdictions}
    for jurisdiction in body.jurisdictions:
        checked_id(jurisdiction.id, "a jurisdiction")
        checked_position(jurisdiction.lat, jurisdiction.lon)
        _check_jurisdiction(ask, jurisdiction, given)
        earlier = ask.rows.jurisdiction(jurisdiction.id)
        check_base("jurisdiction", jurisdiction, earlier, jurisdiction.name_en)
        entered = replace(jurisdiction, version=earlier.version if earlier else 0)
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


#: The level of which a jurisdiction of each level is a part.
_ABOVE = {
    JurisdictionLevel.DISTRICT: JurisdictionLevel.CITY,
    JurisdictionLevel.STREET: JurisdictionLevel.DISTRICT,
}


def _check_jurisdiction(ask: Ask, one: Jurisdiction, given: Mapping[str, Jurisdiction]) -> None:
    """Check that the tree stays one: districts under the city, streets under districts."""
    name = one.name_en or one.name_zh
    if not name.strip():
        raise RejectedError(f"The jurisdiction {one.id} has no name in any language.")
    above = _ABOVE.get(one.level)
    parent = None
    if one.parent is not None:
        parent = given.get(one.parent) or ask.rows.jurisdiction(one.parent)
    if parent is not None and parent.level is not above:
        raise RejectedError(f"{name} is a {one.level} and cannot be part of a {parent.level}.")
    if parent is not None and parent.retired and not one.retired:
        raise RejectedError(f"{name} is part of {parent.name_en}, which is retired.")


def _check_unit(ask: Ask, unit: Unit) -> None:
    checked_id(unit.id, "a unit")
    if not unit.call_sign.strip():
        raise RejectedError(f"The unit {unit.id} has no call sign; nobody could call it.")
    checked_words(unit.call_sign, "call sign")
    if not 0 <= unit.no <= _MAX_UNIT_NO:
        raise RejectedError(f"{unit.call_sign} has the number {unit.no}; 0 to 2³² − 1 are allowed.")
    numbered = ask.rows.unit_numbered(unit.no)
    if numbered is not None and numbered.id != unit.id:
        raise RejectedError(f"The number {unit.no} belongs to {numbered.call_sign} for ever.")
    called = ask.rows.unit_called(unit.call_sign)
    if called is not None and called.id != unit.id:
        raise RejectedError(f"The call sign {unit.call_sign} belongs to another unit.")


def _entered(earlier: Unit | None, unit: Unit) -> Unit | None:
    if earlier is None:
        off = unit.status is UnitStatus.OFF_DUTY
        status = UnitStatus.OFF_DUTY if off else UnitStatus.AVAILABLE
        return replace(unit, status=status, version=0)
    if unit.no != earlier.no:
        raise RejectedError(f"{earlier.call_sign} keeps the number {earlier.no} for ever.")
    status = UnitStatus.OFF_DUTY if unit.retired else earlier.status
    entered = replace(unit, status=status, version=earlier.version)
    return None if entered == earlier else entered


def _check_camera(camera: Camera) -> None:
    checked_id(camera.id, "a camera point")
    checked_position(camera.lat, camera.lon)
    service = camera.onvif_url
    if service is not None and not service.startswith(("http://", "https://")):
        raise RejectedError(
            f"The ONVIF service of {camera.name} is no web address: {service[:80]}."
        )
    for url in (camera.main_url, camera.sub_url):
        if url is not None and not url.startswith(("rtsp://", "rtsps://")):
            raise RejectedError(f"The stream of {camera.name} is no RTSP address: {url[:80]}.")
    for url in (camera.main_url, camera.sub_url, service):
        if url is not None and "@" in url.split("/", 3)[2]:
            raise RejectedError(
                f"The address of {camera.name} holds a user name; send it in its own field."
            )
