"""Values, state machines and the catalogue of violation forms. Standard library only."""
