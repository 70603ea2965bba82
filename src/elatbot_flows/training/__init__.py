"""Training of the generators that come with the package."""
