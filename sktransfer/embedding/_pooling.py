"""Documents as weighted means of the vectors of their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.linalg import spd_eigh
from sktransfer.text.forms import inverse_document_frequency

POOLINGS = ("sif", "mean", "tfidf")


def token_counts(
    documents: Sequence[Sequence[str]], index: Mapping[str, int]
) -> sparse.csr_array:
    """Count the known words of documents."""
    known = [[index[t] for t in tokens if t in index] for tokens in documents]
    indptr = np.r_[0, np.cumsum([len(k) for k in known], dtype=np.int64)]
    indices = np.fromiter(chain.from_iterable(known), np.int64, indptr[-1])
    ones = np.ones(indices.size, dtype=np.float32)
    shape = (len(known), len(index))
    counts = sparse.csr_array((ones, indices, indptr), shape=shape)
    # sorts the indices too, so that sums have one order
    counts.sum_duplicates()
    return counts


def sif_weights(probabilities: NDArray[np.floating], a: float) -> NDArray[np.float32]:
    """Smooth inverse frequencies :math:`a / (a + p(w))` of words."""
    return (a / (a + probabilities)).astype(np.float32)


def column_idf(
    counts: sparse.csr_array,
) -> NDArray[np.float32]:
    r"""Weights :math:`\log\frac{1 + n}{1 + df} + 1` of words."""
    n, n_words = counts.shape
    df = np.bincount(counts.indices, minlength=n_words)
    return inverse_document_frequency(df, n).astype(np.float32)


def pooling_weights(
    counts: sparse.csr_array, word_weights: NDArray[np.float32], pooling: str
) -> sparse.csr_array:
    r"""Weight of each word in each document.

    With :math:`n_w` the count of a word, :math:`n` that of all known tokens of the
    document and :math:`u_w` the weight of the word, they are

    - "mean" and "sif": :math:`n_w u_w / n`;
    - "tfidf": :math:`(1 + \log n_w)\,u_w`, divided by their sum.
    """
    lengths = np.diff(counts.indptr)
    row = np.repeat(np.arange(lengths.size), lengths)
    u = word_weights[counts.indices]
    if pooling == "tfidf":
        data = (1 + np.log(counts.data)) * u
        total = np.bincount(row, weights=data, minlength=lengths.size)
    else:
        data = counts.data * u
        total = np.bincount(row, weights=counts.data, minlength=lengths.size)
    # a float64 sum, rounded once: the same whatever other documents are there
    data = (data / total[row]).astype(np.float32)
    return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)


def common_components(
    Z: NDArray[np.floating], n_components: int
) -> NDArray[np.float32]:
    """First right singular vectors of documents, not centred."""
    Z = Z.astype(np.float64)
    values, vectors = spd_eigh(Z.T @ Z)
    order = np.argsort(-values, kind="stable")[:n_components]
    order = order[values[order] > 0]
    return np.ascontiguousarray(vectors[:, order].T, dtype=np.float32)


def remove_components(Z: NDArray[Any], components: NDArray[np.float32]) -> NDArray[Any]:
    r"""Project documents off directions, :math:`z - u u^\top z` for each, in place."""
    for u in components:
        # not a BLAS product, whose rounding depends on the number of rows
        Z -= np.einsum("ij,j->i", Z, u)[:, None] * u
    return Z
