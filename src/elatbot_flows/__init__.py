"""Inverse design of materials by elastic moduli, as jobflow workflows."""
