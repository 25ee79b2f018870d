"""Rules of incidents and assignments, and who is near: pure functions."""
