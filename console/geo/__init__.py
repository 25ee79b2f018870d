"""Datums, distances, tiles and grids in NumPy."""
