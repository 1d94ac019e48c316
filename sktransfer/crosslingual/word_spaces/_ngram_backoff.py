"""Vectors of words from the vectors of words that share character n-grams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer.text.forms import DENSE_SCRIPT, LONGEST_WORD, ngrams

# A word in this many documents has half of its weight in the means of its n-grams.
_HALF_TRUST = 5.0


def character_ngrams(word: str) -> set[str]:
    """Character n-grams of a word, of its beginning where it is no real word."""
    word = word[:LONGEST_WORD]
    if DENSE_SCRIPT.search(word):
        return set(ngrams(word, (1, 3)))
    return set(ngrams(f" {word} ", (3, 5)))


class NgramBackoff:
    r"""Vectors of words as means of the vectors of their n-grams.

    The vector of an n-gram g is the mean of those of the words that hold it, weighted
    by df / (df + 5). The vector of a word is the mean of those of its n-grams, weighted
    by :math:`\log(n_{words} / n_{words\ with\ g})`. It keeps one sparse matrix.

    Parameters
    ----------
    words : sequence of str
        The vocabulary.
    df : ndarray of shape (n_words,)
        Number of documents of each word.
    """

    def __init__(self, words: Sequence[str], df: NDArray[np.floating]) -> None:
        holders: dict[str, list[int]] = {}
        for k, word in enumerate(words):
            for g in character_ngrams(word):
                holders.setdefault(g, []).append(k)
        # an n-gram of one word tells nothing about other words
        ngrams = sorted(g for g, held in holders.items() if len(held) > 1)
        sizes = np.array([len(holders[g]) for g in ngrams], dtype=np.int64)
        columns = np.array([k for g in ngrams for k in holders[g]], dtype=np.int64)
        trust = df / (df + _HALF_TRUST)
        shares = sparse.csr_array(
            (trust[columns], columns, np.r_[0, np.cumsum(sizes)]),
            shape=(len(ngrams), len(words)),
        )
        total = np.repeat(shares.sum(axis=1), sizes)
        shares.data = (shares.data / total).astype(np.float32)
        self._index = {g: k for k, g in enumerate(ngrams)}
        self._weight = np.log(len(words) / sizes) if ngrams else np.zeros(0)
        self._shares = shares

    def _ngram_weights(self, words: Iterable[str]) -> sparse.csr_array:
        """Weights of the n-grams of each word, summing to 1 where it has any."""
        rows = list(self._rows(words))
        indptr = np.r_[0, np.cumsum([len(r) for r in rows])].astype(np.int64)
        indices = np.array([k for r in rows for k in r], dtype=np.int64)
        data = self._weight[indices]
        row = np.repeat(np.arange(len(rows)), np.diff(indptr))
        total = np.bincount(row, weights=data, minlength=len(rows))[row]
        data = np.divide(data, total, out=np.zeros_like(data), where=total > 0)
        return sparse.csr_array(
            (data.astype(np.float32), indices, indptr),
            shape=(len(rows), len(self._index)),
        )

    def _rows(self, words: Iterable[str]) -> Iterator[list[int]]:
        for word in words:
            known = (self._index.get(g) for g in character_ngrams(word))
            yield sorted(k for k in known if k is not None)

    def documents(
        self,
        weights: sparse.csr_array,
        words: Sequence[str],
        vectors: NDArray[np.floating],
    ) -> NDArray[np.floating]:
        """Weighted sums of the vectors of words."""
        used = sparse.csr_array(weights.astype(np.float32) @ self._ngram_weights(words))
        # sums in the order of the n-grams, whatever else is in the batch
        used.sort_indices()
        needed = np.unique(used.indices)
        narrow = sparse.csr_array(
            (used.data, np.searchsorted(needed, used.indices), used.indptr),
            shape=(used.shape[0], needed.size),
        )
        return narrow @ (self._shares[needed] @ vectors)

    def word_vectors(
        self, words: Sequence[str], vectors: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """Vectors of words."""
        each = sparse.csr_array(sparse.eye_array(len(words), dtype=np.float32))
        return self.documents(each, words, vectors)
