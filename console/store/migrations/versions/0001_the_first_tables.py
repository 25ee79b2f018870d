"""The first tables.

Revision: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("incident", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ordered_by", sa.String(length=80)),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("assignment_by_incident", "assignment", ["incident"])
    op.create_index("assignment_by_state", "assignment", ["state", "changed_at"])
    op.create_index("assignment_by_unit", "assignment", ["unit", "state"])

    op.create_table(
        "camera",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("main_url", sa.Text(), nullable=False),
        sa.Column("sub_url", sa.Text()),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("bearing_deg", sa.Double()),
        sa.Column("district", sa.String(length=80)),
        sa.Column("street", sa.String(length=80)),
        sa.Column("owner", sa.Text()),
        sa.Column("username", sa.Text()),
        sa.Column("password", sa.Text()),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "change_log",
        sa.Column("shard", sa.String(length=32), nullable=False),
        sa.Column("rev", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_kind", sa.String(length=16), nullable=False),
        sa.Column("row_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("op", sa.String(length=8), nullable=False),
        sa.Column("patch", sa.LargeBinary(), nullable=False),
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "rev"),
    )
    op.create_table(
        "cursor",
        sa.Column("shard", sa.String(length=32), nullable=False),
        sa.Column("rev", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.Column("schema", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shard"),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("last_person", sa.String(length=80), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("incident", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger()),
        sa.Column("camera", sa.String(length=80)),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("taken_by", sa.String(length=80)),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("evidence_by_incident", "evidence", ["incident"])

    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=32)),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("district", sa.String(length=80)),
        sa.Column("street", sa.String(length=80)),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("opened_by", sa.String(length=80)),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("verified_by", sa.String(length=80)),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("changed_at", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("incident_by_change", "incident", ["changed_at"])
    op.create_index("incident_by_stage", "incident", ["stage"])

    op.create_table(
        "jurisdiction",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("parent", sa.String(length=80)),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "last_fix",
        sa.Column("unit_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("t_ms", sa.BigInteger(), nullable=False),
        sa.Column("lat_e7", sa.Integer(), nullable=False),
        sa.Column("lon_e7", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Integer(), nullable=False),
        sa.Column("speed", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Integer(), nullable=False),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("unit_no"),
    )
    op.create_table(
        "log_entry",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("incident", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=80)),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("log_by_incident", "log_entry", ["incident", "at"])

    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "numbering",
        sa.Column("day", sa.String(length=8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("incident", sa.String(length=80)),
        sa.Column("external_id", sa.Text()),
        sa.Column("form", sa.Text()),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("caller", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "external_id", name="report_by_sender"),
    )
    op.create_index("report_by_incident", "report", ["incident"])

    op.create_table(
        "result",
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=80)),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("command_id"),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("call_sign", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("district", sa.String(length=80)),
        sa.Column("street", sa.String(length=80)),
        sa.Column("phone", sa.Text()),
        sa.Column("radio", sa.Text()),
        sa.Column("officers", sa.Integer(), nullable=False),
        sa.Column("skills", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_sign"),
        sa.UniqueConstraint("no"),
    )


def downgrade() -> None:
    op.drop_table("unit")
    op.drop_table("session")
    op.drop_table("result")
    op.drop_index("report_by_incident", "report")

    op.drop_table("report")
    op.drop_table("person")
    op.drop_table("numbering")
    op.drop_table("meta")
    op.drop_index("log_by_incident", "log_entry")

    op.drop_table("log_entry")
    op.drop_table("last_fix")
    op.drop_table("jurisdiction")
    op.drop_index("incident_by_stage", "incident")
    op.drop_index("incident_by_change", "incident")

    op.drop_table("incident")
    op.drop_index("evidence_by_incident", "evidence")

    op.drop_table("evidence")
    op.drop_table("device")
    op.drop_table("cursor")
    op.drop_table("change_log")
    op.drop_table("camera")
    op.drop_index("assignment_by_state", "assignment")
    op.drop_index("assignment_by_unit", "assignment")
    op.drop_index("assignment_by_incident", "assignment")

    op.drop_table("assignment")
