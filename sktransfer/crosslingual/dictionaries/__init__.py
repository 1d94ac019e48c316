"""Bilingual dictionaries: their formats, one list of pairs, and what is made of two."""
