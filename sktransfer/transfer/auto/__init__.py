"""Choosing a transfer method without target labels."""
