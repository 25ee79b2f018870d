"""Runs the migrations on the connection that `console.store.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from console.store.audit import AUDIT

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=AUDIT.metadata,
    render_as_batch=True,
)
context.run_migrations()
