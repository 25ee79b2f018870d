"""Fixes: order, de-duplication, age, the live force in columns."""
