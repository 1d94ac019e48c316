"""Documents as weighted means of the vectors of their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.linalg import spd_eigh
from sktransfer.text.forms import inverse_document_frequency

POOLINGS = ("sif", "mean", "tfidf")


def token_counts(
    documents: Sequence[Sequence[str]], index: Mapping[str, int]
) -> sparse.csr_array:
    """Count the known words of documents.

    Parameters
    ----------
    documents : sequence of sequence of str
        Tokens of each document.
    index : mapping of str to int
        Column of each known word.

    Returns
    -------
    counts : csr_array of float32 of shape (n_documents, n_words)
        Counts, in the order of the words.
    """
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
    r"""Smooth inverse frequencies :math:`a / (a + p(w))` of words.

    Parameters
    ----------
    probabilities : ndarray of shape (n_words,)
        Share of each word in all tokens; 0 for words that were not seen.
    a : float
        Words more frequent than this weigh less than one half.

    Returns
    -------
    weights : ndarray of float32 of shape (n_words,)
        Above 0 and up to 1.

    References
    ----------
    .. [1] S. Arora, Y. Liang, T. Ma, "A simple but tough-to-beat baseline for sentence
           embeddings", ICLR 2017.
    """
    return (a / (a + probabilities)).astype(np.float32)


def inverse_document_frequencies(
    counts: sparse.csr_array,
) -> NDArray[np.float32]:
    r"""Weights :math:`\log\frac{1 + n}{1 + df} + 1` of words.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, n_words)
        Counts above 0.

    Returns
    -------
    idf : ndarray of float32 of shape (n_words,)
        At least 1.
    """
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

    Parameters
    ----------
    counts : csr_array of shape (n_documents, n_words)
        Counts above 0.
    word_weights : ndarray of float32 of shape (n_words,)
        Weights of the words.
    pooling : {"sif", "mean", "tfidf"}
        The rule.

    Returns
    -------
    weights : csr_array of float32 of shape (n_documents, n_words)
        Rows of documents without a known word are empty.
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
    """First right singular vectors of documents, not centred.

    Parameters
    ----------
    Z : ndarray of shape (n_documents, n_features)
        Document vectors.
    n_components : int
        Number of directions.

    Returns
    -------
    components : ndarray of float32 of shape (n_components, n_features)
        Orthonormal rows, the strongest first; fewer where ``Z`` has a lower rank.
    """
    Z = Z.astype(np.float64)
    values, vectors = spd_eigh(Z.T @ Z)
    order = np.argsort(-values, kind="stable")[:n_components]
    order = order[values[order] > 0]
    return np.ascontiguousarray(vectors[:, order].T, dtype=np.float32)


def remove_components(
    Z: NDArray[np.float32], components: NDArray[np.float32]
) -> NDArray[np.float32]:
    r"""Project documents off directions, :math:`z - u u^\top z` for each, in place.

    Parameters
    ----------
    Z : ndarray of float32 of shape (n_documents, n_features)
        Document vectors; overwritten.
    components : ndarray of float32 of shape (n_components, n_features)
        Orthonormal rows.

    Returns
    -------
    Z : ndarray of float32 of shape (n_documents, n_features)
        The same array.
    """
    for u in components:
        # not a BLAS product, whose rounding depends on the number of rows
        Z -= np.einsum("ij,j->i", Z, u)[:, None] * u
    return Z
