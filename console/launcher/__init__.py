"""Set-up on the standard library alone: system packages, `.venv`, then the real command line."""

from console.launcher.start import main

__all__ = ["main"]
