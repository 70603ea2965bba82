"""Crystals by space group, Wyckoff positions and free parameters, and their compact texts."""
