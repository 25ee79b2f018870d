"""Alarms after ISA-18.2: rules that find what needs a response, and what becomes of it."""
