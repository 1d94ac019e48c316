"""Strategies: how labelled rows of several domains make one model."""
