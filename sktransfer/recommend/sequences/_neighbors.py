"""Session k-nearest neighbours: what similar sessions held."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import multiply_rows
from sktransfer.recommend._explanations import weighted_entries
from sktransfer.recommend._sparse_topk import product_blocks, row_thresholds
from sktransfer.recommend.sequences._sessions import Sessions
from sktransfer.text.forms import inverse_document_frequency

_TIE = 1e-5  # similarities that differ by less are equal but for rounding


class SessionIndex(NamedTuple):
    """Sessions to look up.

    Attributes
    ----------
    sessions : csr_array of shape (n_sessions, n_items)
        1 for each item of a session.
    by_item : csr_array of shape (n_items, n_sessions)
        The same in columns of unit length, times the information of the item.
    weights : ndarray of shape (n_sessions,) or None
        Weights of the sessions, None for 1.
    """

    sessions: Any
    by_item: Any
    weights: NDArray[np.floating] | None


def session_index(
    sessions: Sessions, sample_weight: NDArray[np.floating]
) -> SessionIndex:
    """Prepare sessions for the search of neighbours."""
    keep = (sample_weight > 0) & (np.diff(sessions.indptr) > 0)
    w = sample_weight[keep]
    X = sessions.pattern(w.dtype)[keep]
    df = multiply_rows(X, w).sum(axis=0)
    idf = inverse_document_frequency(np.asarray(df).ravel(), w.sum())
    norm = np.sqrt(np.maximum(np.diff(X.indptr), 1))
    by_item = multiply_rows(X, (1 / norm).astype(w.dtype)).T.tocsr()
    by_item = multiply_rows(by_item, idf.astype(w.dtype))
    return SessionIndex(X, by_item, None if np.all(w == 1) else w)


def neighbor_scores(
    history: sparse.csr_array, index: SessionIndex, n_neighbors: int
) -> NDArray[np.floating]:
    r"""Sum the items of the nearest sessions, weighted by their similarity.

    The similarity of a history h with a session of items S is :math:`\sum_{i \in S} h_i
    \mathrm{idf}_i / \sqrt{|S|}`. Sessions tied at the last place share it, so that
    their order does not matter; a session of weight 2 takes two places.
    """
    scores = np.zeros(history.shape, dtype=index.by_item.dtype)
    for rows, similarity in product_blocks(history, index.by_item):
        near = nearest(sparse.csr_array(similarity), n_neighbors, index.weights)
        scores[rows] = (near @ index.sessions).toarray()
    return scores


def neighbor_contributions(
    history: sparse.csr_array, index: SessionIndex, n_neighbors: int, item: int
) -> NDArray[np.float64]:
    """What each item of one history adds to the score of an item.

    A session's similarity is a sum over the items that it shares with the history.
    """
    similarity = sparse.csr_array(history @ index.by_item)
    near = nearest(similarity, n_neighbors, index.weights)
    places = np.zeros(near.shape[1])
    places[near.indices] = near.data / similarity.toarray()[0, near.indices]
    places *= index.sessions[:, [item]].toarray()[:, 0]
    return weighted_entries(history, index.by_item @ places)


def nearest(
    similarity: sparse.csr_array, k: int, weights: NDArray[np.floating] | None
) -> sparse.csr_array:
    """Keep similarities of the k nearest, times the places that each takes."""
    lengths = np.diff(similarity.indptr)
    row = np.repeat(np.arange(lengths.size), lengths)
    value = similarity.data
    w = np.ones_like(value) if weights is None else weights[similarity.indices]
    if weights is None:
        threshold = row_thresholds(similarity, k)
    else:
        threshold = _weighted_thresholds(row, value, w, similarity.indptr, k)
    with np.errstate(invalid="ignore"):  # -inf where all fit
        low, high = threshold * (1 - _TIE), threshold * (1 + _TIE)
    above = value > high[row]
    tied = (value >= low[row]) & ~above
    taken, at_last = (
        np.bincount(row[part], weights=w[part], minlength=lengths.size)
        for part in (above, tied)
    )
    share = np.clip((k - taken) / np.where(at_last > 0, at_last, 1), 0, 1)
    places = np.where(above, w, np.where(tied, w * share[row], 0))
    keep = places > 0
    indptr = np.r_[0, np.cumsum(np.bincount(row[keep], minlength=lengths.size))]
    data = (value[keep] * places[keep]).astype(value.dtype, copy=False)
    return sparse.csr_array(
        (data, similarity.indices[keep], indptr), shape=similarity.shape
    )


def _weighted_thresholds(
    row: NDArray[np.int64],
    value: NDArray[np.floating],
    w: NDArray[np.floating],
    indptr: NDArray[np.integer],
    k: int,
) -> NDArray[np.floating]:
    """Similarity at which the weights of the nearest reach k; -inf if they do not."""
    thresholds = np.full(indptr.size - 1, -np.inf, dtype=value.dtype)
    order = np.lexsort((-value, row))
    total = np.cumsum(w[order], dtype=np.float64)
    before = np.r_[0, total][indptr[:-1]]
    within = total - before[row]
    full = np.flatnonzero(within >= k * (1 - 1e-12))
    rows, first = np.unique(row[full], return_index=True)
    thresholds[rows] = value[order[full[first]]]
    return thresholds
