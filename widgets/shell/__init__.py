"""The main window, its docks, themes, languages and command line."""
