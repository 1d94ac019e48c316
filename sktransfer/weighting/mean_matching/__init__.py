"""Weights that match the means of source and target."""
