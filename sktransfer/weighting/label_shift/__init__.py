"""Weights for shifted shares of the classes."""
