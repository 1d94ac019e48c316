"""Recommenders that learn from other markets."""
