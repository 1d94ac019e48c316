"""Maths on arrays that the capability packages share."""
