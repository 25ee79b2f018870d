"""Tests: `unit` is fast and needs no screen, `e2e` starts real processes and windows."""
