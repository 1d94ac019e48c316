"""What parsers of dictionaries give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Entry(NamedTuple):
    """A word, its translation, and the codes of their languages if they are known."""

    source: str
    target: str
    source_language: str | None = None
    target_language: str | None = None


Entries = Iterator[Entry]
