"""What keeps runs from going on, why, and what mends it."""
