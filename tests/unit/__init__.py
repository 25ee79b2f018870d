"""Fast tests, no screen."""
