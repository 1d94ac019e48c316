"""Alignments: maps of two vector spaces into one."""
