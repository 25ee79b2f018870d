"""Watching cameras: visits, diagnosis, live tiles, sweep."""
