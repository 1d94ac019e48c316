"""Word spaces: what the words of two languages have in common."""
