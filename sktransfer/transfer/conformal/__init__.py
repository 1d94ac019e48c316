"""Prediction sets of the target."""
