"""Fitting the calibration of verdicts."""
