"""Rules of video patrol: plans, pages, dwell, coverage. Pure functions."""
