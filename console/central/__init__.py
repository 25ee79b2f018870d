"""The central server: sequencer, hub, routes, handheld page."""
