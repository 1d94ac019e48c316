"""Word vectors from texts and files."""
