"""Road graphs, travel times and routes."""
