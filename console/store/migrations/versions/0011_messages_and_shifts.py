"""Messages with receipts, rosters, standing instructions, hand-over packets.

Revision: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_Made = sa.Column[str] | sa.Column[int] | sa.Column[bool]


def _word(name: str, *, needed: bool = False, size: int = 80) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=size), nullable=not needed)


def _text(name: str, *, needed: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=not needed)


def _time(name: str, *, needed: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=not needed)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def upgrade() -> None:
    _make(
        "message",
        _text("kind", needed=True), _text("text", needed=True), _time("sent_at", needed=True),
        _word("sent_by"), _text("addressed", needed=True), _number("units"), _word("incident"),
        _word("district"), _text("outline", needed=True), _word("from_unit"), _word("reply_to"),
        _time("ended_at"), _word("ended_by"), _time("seen_at"), _word("seen_by"),
    )  # fmt: skip
    op.create_index("message_by_time", "message", ["sent_at"])
    _make(
        "receipt",
        _word("message", needed=True), _word("unit", needed=True), _time("sent_at", needed=True),
        _time("delivered_at"), _time("read_at"), _time("answered_at"), _word("answered_by"),
        id_size=120,
    )  # fmt: skip
    op.create_index("receipt_by_unit", "receipt", ["unit", "sent_at"])
    op.create_index("receipt_by_time", "receipt", ["sent_at"])
    _make(
        "roster",
        _word("unit", needed=True), _time("starts_at", needed=True), _time("ends_at", needed=True),
        _text("post"), _word("beat"), _text("note"), _flag("retired"),
    )  # fmt: skip
    op.create_index("roster_by_unit", "roster", ["unit", "ends_at"])
    op.create_index("roster_by_end", "roster", ["ends_at"])
    _make(
        "instruction",
        _text("text", needed=True), _time("since", needed=True), _word("by"), _word("district"),
        _time("until"), _flag("retired"),
    )  # fmt: skip
    _make(
        "handover",
        _time("since", needed=True), _time("prepared_at", needed=True), _word("given_by"),
        _text("items", needed=True), _word("district"), _number("rev"),
        _text("read_back", needed=True), _word("taken_by"), _time("given_at"), _time("taken_at"),
    )  # fmt: skip
    op.create_index("handover_by_time", "handover", ["prepared_at"])


def _make(name: str, *columns: _Made, id_size: int = 80) -> None:
    key, version = _word("id", needed=True, size=id_size), _number("version")
    op.create_table(name, key, *columns, version, sa.PrimaryKeyConstraint("id"))


def downgrade() -> None:
    for name in ("handover", "instruction", "roster", "receipt", "message"):
        op.drop_table(name)
