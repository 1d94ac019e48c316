"""Rows of words among those that have a vector."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sktransfer.text.forms import word_form, word_forms
from sktransfer.text.writing import find_writing


class WordFinder:
    """Find words among given ones: as they stand, else by their form.

    Parameters
    ----------
    words : iterable of str
        The given words, none twice. Of several that differ only in case or width of
        characters, the first stands for their form.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._index = {word: row for row, word in enumerate(words)}
        self._forms: dict[str, int] = {}
        self._writing = find_writing(self._index)
        for row, form in enumerate(word_forms(self._index, self._writing)):
            self._forms.setdefault(form, row)

    def look_up(self, words: Iterable[str]) -> NDArray[np.intp]:
        """Row of each word; -1 where it is not there."""
        rows = [
            self._index[w]
            if w in self._index
            else self._forms.get(word_form(w, self._writing), -1)
            for w in words
        ]
        return np.array(rows, dtype=np.intp)
