"""Builders of training data: materials with labels, their descriptions, and records of both."""
