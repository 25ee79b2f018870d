"""Zhihui: everything that works without a screen, and the thin Qt layer over it."""

__version__ = "0.1.0"
