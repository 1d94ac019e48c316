"""Logs of interactions, read from frames and files, and the ids that they came with."""
