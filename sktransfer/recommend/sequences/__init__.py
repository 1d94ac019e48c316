"""Recommenders that read the order of events."""
