"""Judges: crystals in, one elastic result for each out."""
