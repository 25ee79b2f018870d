"""Migrations of central's database, run by Alembic whenever central starts."""
