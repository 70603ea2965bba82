"""Proposers: a target in, candidates out."""
