"""Queue, incident card, who is near."""
