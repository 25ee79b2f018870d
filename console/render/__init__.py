"""Basemap tiles and map pages, without Qt."""
