"""Names of tables and fields of administration, and what a choice is called."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def _noop(context: str, source: str) -> str:
    """Mark a text to be translated when it is shown."""
    return source


_TABLES = {
    "users": _noop("AdminWords", "Users"),
    "roles": _noop("AdminWords", "Roles"),
    "devices": _noop("AdminWords", "Devices"),
    "jurisdictions": _noop("AdminWords", "Jurisdictions"),
    "grids": _noop("AdminWords", "Responsibility grids"),
    "sensors": _noop("AdminWords", "Sensors"),
    "units": _noop("AdminWords", "Units"),
    "cameras": _noop("AdminWords", "Camera points"),
    "limits": _noop("AdminWords", "Limits"),
    "calendar": _noop("AdminWords", "Working calendar"),
    "authorities": _noop("AdminWords", "Authorities"),
    "base-classes": _noop("AdminWords", "Classes of base data"),
    "form-classes": _noop("AdminWords", "Classes of forms"),
    "forms": _noop("AdminWords", "Forms of violation"),
    "templates": _noop("AdminWords", "Templates"),
    "noise-limits": _noop("AdminWords", "Noise limits"),
    "alarm-rules": _noop("AdminWords", "Alarm rules"),
    "run-cards": _noop("AdminWords", "Run cards"),
    "intake-templates": _noop("AdminWords", "Intake templates"),
    "place-notes": _noop("AdminWords", "Place notes"),
    "escalations": _noop("AdminWords", "Escalations"),
    "event-plans": _noop("AdminWords", "Event plans"),
    "laws": _noop("AdminWords", "Laws"),
    "checks": _noop("AdminWords", "Checklists"),
    "papers": _noop("AdminWords", "Documents"),
    "audit": _noop("AdminWords", "Audit"),
}
_FIELDS = {
    "id": _noop("AdminWords", "Id"),
    "login": _noop("AdminWords", "Log-on name"),
    "name": _noop("AdminWords", "Name"),
    "role": _noop("AdminWords", "Role"),
    "districts": _noop("AdminWords", "Districts"),
    "password": _noop("AdminWords", "Password"),
    "locked_until": _noop("AdminWords", "Locked until"),
    "rights": _noop("AdminWords", "Rights"),
    "state": _noop("AdminWords", "State"),
    "kind": _noop("AdminWords", "Kind"),
    "label": _noop("AdminWords", "Label"),
    "last_person": _noop("AdminWords", "Last person"),
    "last_seen_at": _noop("AdminWords", "Last seen"),
    "level": _noop("AdminWords", "Level"),
    "parent": _noop("AdminWords", "Part of"),
    "name_zh": _noop("AdminWords", "Chinese name"),
    "name_en": _noop("AdminWords", "English name"),
    "lat": _noop("AdminWords", "Latitude"),
    "lon": _noop("AdminWords", "Longitude"),
    "authority": _noop("AdminWords", "Authority"),
    "code": _noop("AdminWords", "Code"),
    "district": _noop("AdminWords", "District"),
    "street": _noop("AdminWords", "Street"),
    "holder": _noop("AdminWords", "Holder"),
    "phone": _noop("AdminWords", "Phone"),
    "unit": _noop("AdminWords", "Unit"),
    "shape": _noop("AdminWords", "Shape (GeoJSON)"),
    "no": _noop("AdminWords", "Number"),
    "call_sign": _noop("AdminWords", "Call sign"),
    "radio": _noop("AdminWords", "Radio"),
    "officers": _noop("AdminWords", "Officers"),
    "skills": _noop("AdminWords", "Skills"),
    "main_url": _noop("AdminWords", "Main stream"),
    "sub_url": _noop("AdminWords", "Sub stream"),
    "bearing_deg": _noop("AdminWords", "Bearing, degrees"),
    "owner": _noop("AdminWords", "Owner"),
    "onvif_url": _noop("AdminWords", "ONVIF service"),
    "username": _noop("AdminWords", "User name"),
    "limit": _noop("AdminWords", "Limit"),
    "period_s": _noop("AdminWords", "Sends every, seconds"),
    "stage": _noop("AdminWords", "Stage"),
    "form": _noop("AdminWords", "Form"),
    "works": _noop("AdminWords", "Worked"),
    "note": _noop("AdminWords", "Note"),
    "limit_h": _noop("AdminWords", "Limit, hours"),
    "night": _noop("AdminWords", "At night"),
    "use": _noop("AdminWords", "Use"),
    "text_zh": _noop("AdminWords", "Chinese text"),
    "text_en": _noop("AdminWords", "English text"),
    "valid_from": _noop("AdminWords", "First day"),
    "valid_until": _noop("AdminWords", "Last day"),
    "day_dba": _noop("AdminWords", "Day, dB(A)"),
    "night_dba": _noop("AdminWords", "Night, dB(A)"),
    "night_max_over_dba": _noop("AdminWords", "Night maximum over it, dB(A)"),
    "night_from": _noop("AdminWords", "Night from"),
    "night_until": _noop("AdminWords", "Night until"),
    "source": _noop("AdminWords", "Source"),
    "value": _noop("AdminWords", "Value"),
    "response_zh": _noop("AdminWords", "What to do, Chinese"),
    "response_en": _noop("AdminWords", "What to do, English"),
    "units": _noop("AdminWords", "Units needed"),
    "kinds": _noop("AdminWords", "Kinds of units"),
    "equipment": _noop("AdminWords", "Equipment"),
    "notices": _noop("AdminWords", "Whom to tell"),
    "questions_zh": _noop("AdminWords", "Questions, Chinese"),
    "questions_en": _noop("AdminWords", "Questions, English"),
    "radius_m": _noop("AdminWords", "Radius, m"),
    "text": _noop("AdminWords", "Text"),
    "after_s": _noop("AdminWords", "After, s"),
    "tell": _noop("AdminWords", "Tell"),
    "sectors": _noop("AdminWords", "Sectors"),
    "tasks": _noop("AdminWords", "Tasks"),
    "seq": _noop("AdminWords", "No."),
    "at": _noop("AdminWords", "Time, UTC"),
    "action": _noop("AdminWords", "Action"),
    "outcome": _noop("AdminWords", "Outcome"),
    "person": _noop("AdminWords", "Person"),
    "subject": _noop("AdminWords", "Done to"),
    "device": _noop("AdminWords", "Device"),
    "address": _noop("AdminWords", "Address"),
    "details": _noop("AdminWords", "Details"),
    "command_id": _noop("AdminWords", "Command"),
    "hash": _noop("AdminWords", "Hash"),
    "fine_least": _noop("AdminWords", "Fine from, yuan"),
    "fine_most": _noop("AdminWords", "Fine up to, yuan"),
    "law": _noop("AdminWords", "Law"),
    "asks": _noop("AdminWords", "Asks for"),
    "sign": _noop("AdminWords", "Sign in the number"),
    "most_person": _noop("AdminWords", "Most for a person, yuan"),
    "most_other": _noop("AdminWords", "Most for others, yuan"),
}


def table_word(name: str) -> str:
    """Return what a table is called in the language shown."""
    text = _TABLES.get(name, name)
    return QCoreApplication.translate("AdminWords", text)


def field_word(name: str) -> str:
    """Return what a field is called in the language shown."""
    text = _FIELDS.get(name, name)
    return QCoreApplication.translate("AdminWords", text)
