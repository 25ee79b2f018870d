"""What the figures say: an area's load against its own usual."""
