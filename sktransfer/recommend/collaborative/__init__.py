"""Recommenders that read interactions alone."""
