"""Repeats: how likely an item of the session so far is the next one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import entry_rows
from sktransfer.recommend.sequences._sessions import Sessions

MAX_GAP = 30
_MAX_REPEATS = 0.95  # probability that the next item is a repeat
RECENCY = 0.75  # share of recency in the scores of repeats, the rest is the models'


def repeat_hazard(
    sessions: Sessions, sample_weight: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Share of items that return g steps after they were last seen."""
    rows, n_steps = sessions.rows, sessions.n_steps()
    # events stand in order of their steps, which a stable sort keeps
    order = np.argsort(rows * sessions.shape[1] + sessions.items, kind="stable")
    row, item, step = rows[order], sessions.items[order], sessions.step[order]
    w = sample_weight[row].astype(np.float64)
    returns = np.r_[
        (row[1:] == row[:-1]) & (item[1:] == item[:-1]),
        np.zeros(min(row.size, 1), dtype=bool),
    ]
    gap = np.r_[step[1:], step[-1:]] - step
    # an item could have come at every step until it did, or the session ended
    could = np.where(returns, gap, n_steps[row] - 1 - step)
    size = MAX_GAP + 1
    n_returns = np.bincount(
        np.minimum(gap[returns], MAX_GAP), weights=w[returns], minlength=size
    )
    n_could = np.bincount(np.minimum(could, MAX_GAP), weights=w, minlength=size)
    n_could = n_could[::-1].cumsum()[::-1]
    n_could[MAX_GAP] += w @ np.maximum(could - MAX_GAP, 0)
    n_returns[0] = n_could[0] = 0
    if n_returns.sum() == 0:
        return np.zeros(size)
    mean = n_returns.sum() / n_could.sum()
    hazard = (n_returns + mean) / (n_could + 1)  # rare gaps are near the mean
    hazard[0] = 0
    return hazard


def repeat_probabilities(
    sessions: Sessions, hazard: NDArray[np.float64]
) -> sparse.csr_array:
    """Probability that each item of the sessions so far comes next."""
    gap = sessions.n_steps()[sessions.rows] - sessions.step
    # an event once a pair of session and item, with the smallest gap
    order = np.lexsort((gap, sessions.items, sessions.rows))
    row, item = sessions.rows[order], sessions.items[order]
    last = np.r_[
        np.ones(min(row.size, 1), dtype=bool),
        (row[1:] != row[:-1]) | (item[1:] != item[:-1]),
    ]
    row, item, gap = row[last], item[last], gap[order][last]
    p = hazard[np.minimum(gap, MAX_GAP)]
    total = np.bincount(row, weights=p, minlength=sessions.shape[0])
    p = p * (_MAX_REPEATS / np.maximum(total, _MAX_REPEATS))[row]
    indptr = np.searchsorted(row, np.arange(sessions.shape[0] + 1))
    return sparse.csr_array((p, item, indptr), shape=sessions.shape)


def give_repeats_their_share(
    scores: NDArray[np.floating], repeats: sparse.csr_array
) -> None:
    r"""Turn scores into shares, in which repeats get their probability.

    New items get :math:`(1 - p) s_j / \sum_{new} s`, with p the sum of a row of
    `repeats`. Items of the session get a quarter of :math:`p s_j / \sum_{seen} s`, by
    the scores of the models, and three quarters of their own entry of `repeats`, by
    recency.
    """
    n_rows = scores.shape[0]
    row = entry_rows(repeats)
    own = scores[row, repeats.indices].astype(np.float64)
    seen = np.bincount(row, weights=own, minlength=n_rows)
    p = np.bincount(row, weights=repeats.data, minlength=n_rows)
    scores[row, repeats.indices] = 0
    new = scores.sum(axis=1, dtype=np.float64)
    scores *= ((1 - p) / np.where(new > 0, new, 1)).astype(scores.dtype)[:, None]
    by_model = own * (p / np.where(seen > 0, seen, 1))[row]
    by_model = np.where(seen[row] > 0, by_model, repeats.data)
    scores[row, repeats.indices] = (1 - RECENCY) * by_model + RECENCY * repeats.data
