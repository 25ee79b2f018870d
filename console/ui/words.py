"""Words for the domain's codes, ages and clocks in the language that is shown now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QLocale

from console.domain.assignments import AssignmentState, Means
from console.domain.forms import form_of, is_known
from console.domain.incidents import Stage
from console.domain.levels import Channel, Level, Role
from console.domain.places import Evidence, EvidenceKind, Jurisdiction
from console.domain.units import Unit, UnitKind, UnitStatus


def _noop(context: str, source: str) -> str:
    """Mark a text to be translated when it is shown (Qt's own mark is typed ``object``)."""
    return source


_LEVELS: Mapping[Level, str] = {
    Level.CRITICAL: _noop("Words", "Critical"),
    Level.HIGH: _noop("Words", "High"),
    Level.CAUTION: _noop("Words", "Caution"),
    Level.ROUTINE: _noop("Words", "Routine"),
}
_STAGES: Mapping[Stage, str] = {
    Stage.COLLECT: _noop("Words", "Collected"),
    Stage.FILE: _noop("Words", "Filed"),
    Stage.DISPATCH: _noop("Words", "Dispatched"),
    Stage.HANDLE: _noop("Words", "Being handled"),
    Stage.REPORT_BACK: _noop("Words", "Reported back"),
    Stage.VERIFY: _noop("Words", "Verified"),
    Stage.EVALUATE: _noop("Words", "Closed"),
    Stage.CANCELLED: _noop("Words", "Cancelled"),
}
_CHANNELS: Mapping[Channel, str] = {
    Channel.HOTLINE: _noop("Words", "12345 call"),
    Channel.LEADER: _noop("Words", "Leader"),
    Channel.TRANSFER: _noop("Words", "Transfer"),
    Channel.MEDIA: _noop("Words", "Media"),
    Channel.ONLINE: _noop("Words", "Online"),
    Channel.APP: _noop("Words", "App"),
    Channel.MINI_PROGRAM: _noop("Words", "Mini-program"),
    Channel.LETTER: _noop("Words", "Letter"),
    Channel.PATROL: _noop("Words", "Video patrol"),
    Channel.SENSOR: _noop("Words", "Sensor"),
    Channel.OFFICER: _noop("Words", "Officer"),
    Channel.OPEN311: _noop("Words", "Open311"),
}
_UNIT_STATES: Mapping[UnitStatus, str] = {
    UnitStatus.AVAILABLE: _noop("Words", "free"),
    UnitStatus.ASSIGNED: _noop("Words", "ordered"),
    UnitStatus.EN_ROUTE: _noop("Words", "on the way"),
    UnitStatus.ON_SCENE: _noop("Words", "on scene"),
    UnitStatus.OFF_DUTY: _noop("Words", "off duty"),
}
_UNIT_KINDS: Mapping[UnitKind, str] = {
    UnitKind.OFFICER: _noop("Words", "officer"),
    UnitKind.PATROL: _noop("Words", "patrol"),
    UnitKind.VEHICLE: _noop("Words", "car"),
}
_STEPS: Mapping[AssignmentState, str] = {
    AssignmentState.ORDERED: _noop("Words", "ordered"),
    AssignmentState.DELIVERED: _noop("Words", "delivered"),
    AssignmentState.SEEN: _noop("Words", "seen"),
    AssignmentState.ACCEPTED: _noop("Words", "accepted"),
    AssignmentState.REFUSED: _noop("Words", "refused"),
    AssignmentState.EN_ROUTE: _noop("Words", "on the way"),
    AssignmentState.ON_SCENE: _noop("Words", "on scene"),
    AssignmentState.CLEARED: _noop("Words", "cleared"),
    AssignmentState.WITHDRAWN: _noop("Words", "withdrawn"),
}
_MEANS: Mapping[str, str] = {
    Means.PHONE: _noop("Words", "phone"),
    Means.RADIO: _noop("Words", "radio"),
}
#: What an outcome's bytes are, as the log's detail names them.
_EVIDENCE: Mapping[str, str] = {
    EvidenceKind.PHOTO: _noop("Words", "photo"),
    EvidenceKind.FRAME: _noop("Words", "camera picture"),
    EvidenceKind.VIDEO: _noop("Words", "video"),
    EvidenceKind.SOUND: _noop("Words", "sound"),
    EvidenceKind.PAPER: _noop("Words", "document"),
}
#: Ids and names of the accounts that central makes at its first start, named after their role.
_ACCOUNTS: Mapping[str, Role] = {
    "dispatcher": Role.DISPATCHER,
    "operator": Role.VIDEO_OPERATOR,
    "video operator": Role.VIDEO_OPERATOR,
    "lead": Role.SHIFT_LEAD,
    "shift lead": Role.SHIFT_LEAD,
    "supervisor": Role.SUPERVISOR,
    "hotline": Role.HOTLINE_SEAT,
    "hotline seat": Role.HOTLINE_SEAT,
    "admin": Role.ADMINISTRATOR,
    "administrator": Role.ADMINISTRATOR,
    "city": Role.GATEWAY,
    "city gateway": Role.GATEWAY,
}
_ROLES: Mapping[Role, str] = {
    Role.DISPATCHER: _noop("Words", "Dispatcher"),
    Role.VIDEO_OPERATOR: _noop("Words", "Video-wall operator"),
    Role.SHIFT_LEAD: _noop("Words", "Shift lead"),
    Role.SUPERVISOR: _noop("Words", "Supervisor"),
    Role.HOTLINE_SEAT: _noop("Words", "Hotline seat"),
    Role.OFFICER: _noop("Words", "Officer"),
    Role.ADMINISTRATOR: _noop("Words", "Administrator"),
    Role.GATEWAY: _noop("Words", "Gateway"),
}
#: Past-tense codes of the incident's log, as the rules write them.
_VERBS: Mapping[str, str] = {
    "opened": _noop("Words", "opened"),
    "filed": _noop("Words", "filed"),
    "amended": _noop("Words", "amended"),
    "noted": _noop("Words", "noted"),
    "report_joined": _noop("Words", "report joined"),
    "assigned": _noop("Words", "sent"),
    "told_by_voice": _noop("Words", "ordered by voice"),
    "withdrawn": _noop("Words", "withdrawn"),
    "delivered": _noop("Words", "delivered"),
    "seen": _noop("Words", "seen"),
    "accepted": _noop("Words", "accepted"),
    "refused": _noop("Words", "refused"),
    "en_route": _noop("Words", "on the way"),
    "on_scene": _noop("Words", "on scene"),
    "cleared": _noop("Words", "cleared"),
    "verified": _noop("Words", "verified"),
    "sent_back": _noop("Words", "sent back"),
    "closed": _noop("Words", "closed"),
    "cancelled": _noop("Words", "cancelled"),
    "evidence_attached": _noop("Words", "evidence attached"),
    "made_major": _noop("Words", "made a big incident"),
    "made_part_of": _noop("Words", "made part of"),
    "has_part": _noop("Words", "has as part"),
    "panic": _noop("Words", "panic button"),
    "messaged": _noop("Words", "message sent"),
    "message_read": _noop("Words", "message read"),
    "replied": _noop("Words", "unit wrote"),
    "checked": _noop("Words", "checked"),
    "inspected": _noop("Words", "inspected"),
    "inspection_confirmed": _noop("Words", "inspection confirmed"),
    "paper_issued": _noop("Words", "document issued"),
    "fine_paid": _noop("Words", "fine paid"),
    "paper_voided": _noop("Words", "document voided"),
    "paused": _noop("Words", "clocks held"),
    "resumed": _noop("Words", "clocks go on"),
    "reopened": _noop("Words", "opened again"),
    "called_back": _noop("Words", "caller called back"),
    "call_back_failed": _noop("Words", "caller not reached"),
    "joined": _noop("Words", "joined to"),
    "took_in": _noop("Words", "took in"),
    "parted": _noop("Words", "parted from"),
    "gave_back": _noop("Words", "gave back"),
    "stood_by": _noop("Words", "stands by"),
    "called_up": _noop("Words", "called up"),
    "overrode": _noop("Words", "sent other than recommended"),
    "overrode_because": _noop("Words", "sent other than recommended, because"),
    "transfer_ordered": _noop("Words", "task to be handed on"),
    "handed_over": _noop("Words", "task handed on to"),
    "escalated": _noop("Words", "nobody accepted, told next"),
    "help_asked": _noop("Words", "help asked of"),
    "help_accepted": _noop("Words", "help comes from"),
    "help_declined": _noop("Words", "no help from"),
    "help_withdrawn": _noop("Words", "help no longer asked of"),
    "sector_put": _noop("Words", "sector"),
    "sector_ended": _noop("Words", "sector ended"),
    "post_put": _noop("Words", "command post"),
    "post_ended": _noop("Words", "command post ended"),
    "command_taken": _noop("Words", "commands now"),
    "placed": _noop("Words", "put to work in sector"),
    "passed_urgent": _noop("Words", "passed on as urgent"),
    "answered": _noop("Words", "asked and answered"),
    "case_was_closed": _noop("Words", "was to go into a case that had closed"),
    "default_place": _noop("Words", "position is a geocoder's default, not taken"),
}


def _word(source: str) -> str:
    return QCoreApplication.translate("Words", source)


def is_chinese() -> bool:
    """Whether Chinese is shown now; the appearance sets the default locale with the language."""
    return QLocale().language() == QLocale.Language.Chinese


def level_word(level: Level) -> str:
    """Return the level in words."""
    return _word(_LEVELS[level])


def stage_word(stage: Stage) -> str:
    """Return what has been done last, in words."""
    return _word(_STAGES[stage])


def channel_word(channel: Channel) -> str:
    """Return where a report came from."""
    return _word(_CHANNELS[channel])


def unit_state_word(status: UnitStatus) -> str:
    """Return what a unit is doing."""
    return _word(_UNIT_STATES[status])


def unit_kind_word(kind: UnitKind) -> str:
    """Return what a unit is."""
    return _word(_UNIT_KINDS[kind])


def step_word(state: AssignmentState) -> str:
    """Return how far a unit has come with its assignment."""
    return _word(_STEPS[state])


def means_word(means: str) -> str:
    """Return how an order was given by voice; one that is not known is shown as written."""
    return _word(_MEANS[means]) if means in _MEANS else means


def role_word(role: Role) -> str:
    """Return a role's name."""
    return _word(_ROLES[role])


def person_word(person: str) -> str:
    """Return the role of an account that central made; another person's name as written."""
    role = _ACCOUNTS.get(person.casefold())
    return person if role is None else role_word(role)


def is_gateway(person: str) -> bool:
    """Whether it is no person but a machine that passes on what units say."""
    return _ACCOUNTS.get(person) is Role.GATEWAY


def evidence_word(kind: str) -> str:
    """Return what evidence is; a kind that is not known is shown as written."""
    return _word(_EVIDENCE[kind]) if kind in _EVIDENCE else kind


_MARKS = {
    "blur": _noop("Words", "covered {0}"),
    "box": _noop("Words", "boxes {0}"),
    "arrow": _noop("Words", "arrows {0}"),
    "text": _noop("Words", "words {0}"),
}


def copy_text(evidence: Evidence) -> str:
    """Return of what a marked copy is one, and what was done: "copy of 3fa1… · 2 covered"."""
    parts = [each.strip().partition(" ") for each in (evidence.done or "").split(",")]
    done = [_word(_MARKS[kind]).format(count) for kind, _, count in parts if kind in _MARKS]
    text = QCoreApplication.translate("Words", "copy of {0}…").format(
        (evidence.derived_from or "")[:12]
    )
    return " · ".join([text, *done])


def reach_text(unit: Unit | None) -> str:
    """Return how a unit is reached when nothing is sent: "phone 1381234, radio 10007"."""
    if unit is None or not (unit.phone or unit.radio):
        return QCoreApplication.translate("Words", "radio")
    phone = QCoreApplication.translate("Words", "phone {0}").format(unit.phone)
    radio = QCoreApplication.translate("Words", "radio {0}").format(unit.radio)
    both = [text for text, known in ((phone, unit.phone), (radio, unit.radio)) if known]
    return QCoreApplication.translate("Words", ", ").join(both)


def verb_word(verb: str) -> str:
    """Return a log entry's verb; one that is not known is shown as written."""
    return _word(_VERBS[verb]) if verb in _VERBS else verb


#: Under which Qt is asked for the names of the site's own forms (`formnames`).
FORM_NAMES = "FormNames"


def form_word(code: str) -> str:
    """Return a form's name in the language shown; an unknown code is shown beside it."""
    own = QCoreApplication.translate(FORM_NAMES, code)
    if own != code:
        return own
    form = form_of(code)
    name = form.name_zh if is_chinese() else form.name_en
    return name if is_known(code) else f"{name} ({code})"


def place_word(jurisdiction: Jurisdiction) -> str:
    """Return a jurisdiction's name in the language shown."""
    return jurisdiction.name_zh if is_chinese() else jurisdiction.name_en


def age_text(age_s: float | None) -> str:
    """Return an age in its largest sensible unit: "0.4 s", "12 s", "3 min", "2 h", "4 d"."""
    if age_s is None:
        return "—"
    if age_s < 1:
        return QCoreApplication.translate("Words", "{0} s").format(f"{max(age_s, 0.0):.1f}")
    for limit_s, unit_s, text in (
        (100, 1, QCoreApplication.translate("Words", "{0} s")),
        (6000, 60, QCoreApplication.translate("Words", "{0} min")),
        (172_800, 3600, QCoreApplication.translate("Words", "{0} h")),
    ):
        if age_s < limit_s:
            return text.format(int(age_s // unit_s))
    return QCoreApplication.translate("Words", "{0} d").format(int(age_s // 86_400))


def clock_text(left_s: float | None) -> str:
    """Return a running limit: "02:10" left within the hour, "3 h 05" above, "+05:44" when past."""
    if left_s is None:
        return "—"
    sign, seconds = ("+", int(-left_s)) if left_s < 0 else ("", int(left_s))
    if seconds < 3600:
        return f"{sign}{seconds // 60:02d}:{seconds % 60:02d}"
    if seconds < 172_800:
        hours = QCoreApplication.translate("Words", "{0} h {1}")
        return sign + hours.format(seconds // 3600, f"{seconds % 3600 // 60:02d}")
    return sign + QCoreApplication.translate("Words", "{0} d").format(seconds // 86_400)


def time_text(at: datetime | None, *, seconds: bool = True) -> str:
    """Return a time of day by the clock on the wall, "08:38:57"; "—" when there is none."""
    return "—" if at is None else at.astimezone().strftime("%H:%M:%S" if seconds else "%H:%M")


def due_text(at: datetime, now: datetime) -> str:
    """Return when a limit ends: the time of day, with its date when that is not today."""
    local, today = at.astimezone(), now.astimezone().date()
    return local.strftime("%H:%M" if local.date() == today else "%m-%d %H:%M")


def moment_text(at: datetime | None) -> str:
    """Return date and time by the clock on the wall."""
    return "—" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
