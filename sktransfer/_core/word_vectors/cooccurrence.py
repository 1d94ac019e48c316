"""Windowed co-occurrence counts of words, as a sparse matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# tokens whose windows are counted at once
_BLOCK = 1 << 18


def cooccurrence_matrix(
    documents: Sequence[Sequence[int]],
    n_words: int,
    *,
    window: int = 5,
    harmonic: bool = True,
) -> sparse.csr_array:
    r"""Count how often words occur near each other in the same document.

    .. math:: X_{ij} = \sum_{(s, t):\ w_s = i,\ w_t = j,\ 0 < |s - t| \le window}
              \frac{1}{|s - t|}

    over the positions of all documents. The matrix is symmetric.
    """
    X = sparse.csr_array((n_words, n_words), dtype=np.float64)
    for tokens, ends in _blocks(documents):
        X = X + _count_block(tokens, ends, n_words, window, harmonic)
    # pairs were counted in the order of the text: the other direction is the transpose
    X = sparse.csr_array(X + X.T)
    X.sort_indices()
    return X


def _blocks(
    documents: Sequence[Sequence[int]],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Blocks of whole documents: tokens, and for each where its document ends."""
    lengths = np.fromiter(map(len, documents), np.int64, len(documents))
    start, size = 0, 0
    for k, length in enumerate(lengths):
        size += length
        if size >= _BLOCK or k == lengths.size - 1:
            part = documents[start : k + 1]
            tokens = np.fromiter(chain.from_iterable(part), np.int64, size)
            ends = np.cumsum(lengths[start : k + 1])
            yield tokens, np.repeat(ends, lengths[start : k + 1])
            start, size = k + 1, 0


def _count_block(
    tokens: NDArray[np.int64],
    ends: NDArray[np.int64],
    n_words: int,
    window: int,
    harmonic: bool,
) -> sparse.csr_array:
    """Count each pair of positions once, the earlier one as the row."""
    rows, columns, values = [], [], []
    position = np.arange(tokens.size)
    for k in range(1, min(window, tokens.size - 1) + 1):
        left = np.flatnonzero(position[:-k] + k < ends[:-k])
        rows.append(tokens[left])
        columns.append(tokens[left + k])
        values.append(np.full(left.size, 1 / k if harmonic else 1.0))
    if not rows:
        return sparse.csr_array((n_words, n_words))
    pairs = np.concatenate(rows), np.concatenate(columns)
    counted = sparse.coo_array((np.concatenate(values), pairs), (n_words, n_words))
    return counted.tocsr()
