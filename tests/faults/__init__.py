"""Faults brought about on purpose: kill -9 in every stage of a design, whoever runs its jobs."""
