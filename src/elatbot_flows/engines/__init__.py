"""Text generators that propose materials."""
