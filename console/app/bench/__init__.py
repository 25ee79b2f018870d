"""Benches: one file a measurement, each part of the product."""
