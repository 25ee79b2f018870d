"""Command line, configuration, logging, benches and wiring: the only place that builds things."""
