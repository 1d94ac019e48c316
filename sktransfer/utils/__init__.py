"""Tools for those who extend the package."""
