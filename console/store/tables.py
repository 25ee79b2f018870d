"""Tables of central's database; `CACHE_TABLES` is the subset a console keeps as its cache.

A snapshot is a SQLite file with exactly the cache's tables; `cursor` says up to which revision.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from console.domain.assignments import AssignmentState
from console.domain.incidents import Stage
from console.domain.levels import Channel, Level, Role
from console.domain.places import EvidenceKind, JurisdictionLevel
from console.domain.units import UnitKind, UnitStatus
from console.store import tablebase, tables_pins
from console.store.desktables import DESK_TABLES
from console.store.dutytables import DUTY_TABLES
from console.store.sitetables import site_tables
from console.store.streettables import STREET_TABLES
from console.store.tables_areas import AREA_EVENT, area_table
from console.store.tables_command import COMMAND_TABLES
from console.store.types import Instant, Rank, Times, Word, Words

METADATA = tablebase.METADATA
OFFICER_PIN = tables_pins.OFFICER_PIN
_id, _version = tablebase.id_column, tablebase.version_column

INCIDENT = Table(
    "incident",
    METADATA,
    _id(),
    Column("form", Text, nullable=False),
    Column("level", Rank(Level), nullable=False),
    Column("stage", Word(Stage), nullable=False),
    Column("channel", Word(Channel), nullable=False),
    Column("summary", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("number", String(32), unique=True),
    Column("lat", Double),
    Column("lon", Double),
    Column("district", String(80)),
    Column("street", String(80)),
    Column("due_at", Instant),
    Column("opened_by", String(80)),
    Column("reports", Integer, nullable=False),
    Column("outcome", Text),
    Column("verified_by", String(80)),
    Column("closed_at", Instant),
    Column("changed_at", Instant),
    Column("limit", String(16)),
    Column("stage_at", Instant),
    Column("stage_due_at", Instant),
    Column("paused_at", Instant),
    Column("pause_reason", Text),
    Column("reopened", Integer, nullable=False, server_default="0"),
    Column("rating", SmallInteger),
    Column("joined_to", String(80)),
    Column("parent", String(80)),
    Column("is_major", Boolean, nullable=False, server_default=false()),
    _version(),
    Index("incident_by_stage", "stage"),
    Index("incident_by_change", "changed_at"),
    Index("incident_by_place", "lat", "lon"),
)

REPORT = Table(
    "report",
    METADATA,
    _id(),
    Column("channel", Word(Channel), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("incident", String(80)),
    Column("external_id", Text),
    Column("form", Text),
    Column("lat", Double),
    Column("lon", Double),
    Column("caller", Text),
    Column("phone", Text),
    Column("joined_from", String(80)),
    _version(),
    UniqueConstraint("channel", "external_id", name="report_by_sender"),
    Index("report_by_incident", "incident"),
    Index("report_by_phone", "phone", "received_at"),
    Index("report_by_time", "received_at"),
)

ASSIGNMENT = Table(
    "assignment",
    METADATA,
    _id(),
    Column("incident", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("state", Word(AssignmentState), nullable=False),
    Column("ordered_by", String(80)),
    Column("changed_at", Instant, nullable=False),
    Column("times", Times, nullable=False),
    Column("note", Text),
    Column("standby", Boolean, nullable=False, server_default=false()),
    Column("takes_over", String(80)),
    Column("sector", String(80)),
    Column("instead_of", Text),
    Column("because", Text),
    _version(),
    Index("assignment_by_incident", "incident"),
    Index("assignment_by_unit", "unit", "state"),
    Index("assignment_by_state", "state", "changed_at"),
)

UNIT = Table(
    "unit",
    METADATA,
    _id(),
    Column("no", BigInteger, nullable=False, unique=True),
    Column("call_sign", Text, nullable=False, unique=True),
    Column("kind", Word(UnitKind), nullable=False),
    Column("name", Text),
    Column("district", String(80)),
    Column("street", String(80)),
    Column("phone", Text),
    Column("radio", Text),
    Column("officers", Integer, nullable=False),
    Column("skills", Words, nullable=False),
    Column("status", Word(UnitStatus), nullable=False),
    Column("retired", Boolean, nullable=False, server_default=false()),
    _version(),
)

CAMERA = Table(
    "camera",
    METADATA,
    _id(),
    Column("name", Text, nullable=False),
    Column("main_url", Text, nullable=False),
    Column("sub_url", Text),
    Column("lat", Double),
    Column("lon", Double),
    Column("bearing_deg", Double),
    Column("district", String(80)),
    Column("street", String(80)),
    Column("owner", Text),
    Column("username", Text),
    Column("password", Text),
    Column("unit", String(80)),
    Column("onvif_url", Text),
    Column("is_key", Boolean, nullable=False, server_default=false()),
    Column("retired", Boolean, nullable=False),
    _version(),
)

EVIDENCE = Table(
    "evidence",
    METADATA,
    _id(),
    Column("incident", String(80), nullable=False),
    Column("kind", Word(EvidenceKind), nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("captured_at", Instant, nullable=False),
    Column("received_at", Instant),
    Column("camera", String(80)),
    Column("unit", String(80)),
    Column("taken_by", String(80)),
    Column("lat", Double),
    Column("lon", Double),
    Column("original", String(80)),
    Column("derived_from", String(64)),
    Column("done", Text),
    _version(),
    Index("evidence_by_incident", "incident"),
)

JURISDICTION = Table(
    "jurisdiction",
    METADATA,
    _id(),
    Column("parent", String(80)),
    Column("level", Word(JurisdictionLevel), nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("lat", Double),
    Column("lon", Double),
    Column("retired", Boolean, nullable=False, server_default=false()),
    _version(),
)

AREA = area_table(METADATA)

LOG = Table(
    "log_entry",
    METADATA,
    Column("id", String(120), primary_key=True),
    Column("incident", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(80)),
    Column("verb", Text, nullable=False),
    Column("detail", Text),
    Column("unit", String(80)),
    _version(),
    Index("log_by_incident", "incident", "at"),
)

#: Up to which revision of each shard the rows above are known, and of which epoch they are.
CURSOR = Table(
    "cursor",
    METADATA,
    Column("shard", String(32), primary_key=True),
    Column("rev", BigInteger, nullable=False),
    Column("epoch", String(64), nullable=False),
    Column("schema", Integer, nullable=False),
)

CHANGE_LOG = Table(
    "change_log",
    METADATA,
    Column("shard", String(32), primary_key=True),
    Column("rev", BigInteger, primary_key=True, autoincrement=False),
    Column("row_kind", String(16), nullable=False),
    Column("row_id", String(120), nullable=False),
    Column("version", Integer, nullable=False),
    Column("op", String(8), nullable=False),
    Column("patch", LargeBinary, nullable=False),
    Column("command_id", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    # Where the row lay before and lies after it; whoever may not see that place is not told.
    Column("district_before", String(80)),
    Column("district_after", String(80)),
)

RESULT = Table(
    "result",
    METADATA,
    Column("command_id", String(80), primary_key=True),
    Column("result", LargeBinary, nullable=False),
    Column("actor", String(80)),
    Column("at", Instant, nullable=False),
)

META = Table(
    "meta",
    METADATA,
    Column("key", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

NUMBERING = Table(
    "numbering",
    METADATA,
    Column("day", String(8), primary_key=True),
    Column("last", Integer, nullable=False),
)

LAST_FIX = Table(
    "last_fix",
    METADATA,
    Column("unit_no", BigInteger, primary_key=True, autoincrement=False),
    Column("t_ms", BigInteger, nullable=False),
    Column("lat_e7", Integer, nullable=False),
    Column("lon_e7", Integer, nullable=False),
    Column("heading", Integer, nullable=False),
    Column("speed", Integer, nullable=False),
    Column("accuracy", Integer, nullable=False),
    Column("flags", Integer, nullable=False),  # 16 bits without a sign
)

LAST_READING = Table(
    "last_reading",
    METADATA,
    Column("sensor", String(80), primary_key=True),
    Column("t_ms", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
)

PERSON = Table(
    "person",
    METADATA,
    _id(),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Word(Role), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("districts", Words),  # NULL: the whole city
)

SESSION = Table(
    "session",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("refresh_hash", String(64), nullable=False, unique=True),
    Column("past_hash", String(64)),
    Column("renewed_at", Instant, nullable=False),
    Column("person", String(80), nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Word(Role), nullable=False),
    Column("unit", String(80)),
    Column("device", String(80), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("districts", Words),  # NULL: the whole city
)

DEVICE = Table(
    "device",
    METADATA,
    _id(),
    Column("kind", String(16), nullable=False),
    Column("label", Text, nullable=False),
    Column("last_person", String(80), nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("first_seen_at", Instant),
    Column("address", Text),
    Column("state", String(16), nullable=False),
    Column("secret_hash", String(64)),
    Column("decided_by", String(80)),
    Column("decided_at", Instant),
)

#: Codes that admit one device each; only their hashes are kept.
ENROLMENT = Table(
    "enrolment",
    METADATA,
    Column("code_hash", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("expires_at", Instant, nullable=False),
)

#: The latest look at each point, by the sweep and by a person: packed, outside the change log.
POINT_LOOK = Table(
    "point_look",
    METADATA,
    Column("point", String(80), primary_key=True),
    Column("sweep_ms", BigInteger),
    Column("person_ms", BigInteger),
    Column("person", String(80)),
    Column("entered_ms", BigInteger, nullable=False),
    Index("point_look_by_entry", "entered_ms"),
)

#: What people have looked at: one row a look, never changed.
PERSON_LOOK = Table(
    "person_look",
    METADATA,
    Column("point", String(80), primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("person", String(80), primary_key=True),
    Column("console", String(80), nullable=False),
    Index("person_look_by_time", "at_ms"),
)

PATROL_PLAN = Table(
    "patrol_plan",
    METADATA,
    _id(),
    Column("name", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("changed_by", String(80)),
    Column("changed_at", Instant, nullable=False),
    Column("retired", Boolean, nullable=False),
    _version(),
)

#: Tables of rows that travel, by the name the wire gives their kind.
ROW_TABLES: dict[str, Table] = {
    "incident": INCIDENT,
    "report": REPORT,
    "assignment": ASSIGNMENT,
    "unit": UNIT,
    "camera": CAMERA,
    "evidence": EVIDENCE,
    "jurisdiction": JURISDICTION,
    "area": AREA,
    "area_event": AREA_EVENT,
    "log": LOG,
    **DESK_TABLES,
    **site_tables(METADATA),
    **DUTY_TABLES,
    **STREET_TABLES,
    **COMMAND_TABLES,
}
#: What a console keeps, and what a snapshot holds.
CACHE_TABLES: tuple[Table, ...] = (*ROW_TABLES.values(), CURSOR)
