"""Thin Qt: the bridge from threads, item models, throttling."""
