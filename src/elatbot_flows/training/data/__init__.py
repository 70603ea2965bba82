"""Data sets for training and benchmarks."""
