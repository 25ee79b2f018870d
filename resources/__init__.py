"""Themes, translations, icons and pages that ship with the program."""
