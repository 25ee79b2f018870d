"""Who is on duty, what is said to them, and how a shift hands over."""
