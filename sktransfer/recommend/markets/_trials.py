"""Trials that settings of a TransferRecommender are validated on.

In a trial, one interaction of each of some target users is held out and ranked among
items that the user has not taken. Where times are known it is the newest one, in a
second trial the one before. Shares of the interactions of all users are held out by
``auto._comparison`` and ``model_selection.split_interactions``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.interactions import interaction_times
from sktransfer._core.sparse import nonzero_entries
from sktransfer._core.topk import row_blocks
from sktransfer.recommend._scores import mean_and_deviation, predicted_scores
from sktransfer.recommend.markets._training import MarketRows

MIN_ROWS = 20  # with fewer, nothing is validated
_MAX_ROWS = 10_000
_MAX_LISTED = 20_000_000  # held-out items and those they are ranked among
_MAX_TRIALS = 5
_MAX_TIMED_TRIALS = 2  # each takes a further interaction of every user away
_ENOUGH = 5000  # held-out interactions, after which no further trial is drawn


class Listing(NamedTuple):
    """Held-out interactions of some rows of a trial, and the items to rank them among.

    The held-out item of a row comes first; -1 is no item.
    """

    places: NDArray[np.int64]  # rows, as places in those of the trial; in order
    items: NDArray[np.int64]  # (n_places, 1 + n_listed)


class Trial(NamedTuple):
    """Interactions without the held-out ones, and the items to rank these among."""

    X: Any  # CSR of all rows, without the held-out interactions
    rows: NDArray[np.int64]  # rows of which one is held out
    items: NDArray[np.int64]  # (n_rows, 1 + n_negatives): the held-out one first
    catalogue: Listing | None = None  # among all items; None: `items` has them all

    def listings(self) -> list[Listing]:
        """Among all items of the catalogue; then among few, if these are fewer."""
        among_few = Listing(np.arange(self.rows.size), self.items)
        return [among_few] if self.catalogue is None else [self.catalogue, among_few]


class HoldOutPlan(NamedTuple):
    """How trials are drawn: of which items, among how many, by which seed."""

    catalogue: NDArray[np.bool_]  # items that may be recommended
    n_negatives: int | None  # None: all of the catalogue
    seed: int
    times: Any = None  # CSR with the times of all interactions, if known

    def trials(self, rows: MarketRows) -> list[Trial]:
        """Held-out interactions to validate on; none where the target has few rows."""
        n_items = int(self.catalogue.sum())
        n_negatives = n_items
        if self.n_negatives is not None:
            n_negatives = min(self.n_negatives, n_items)
        most = max(MIN_ROWS, min(_MAX_ROWS, _MAX_LISTED // n_negatives))
        X, usable = self.usable_rows(rows, most)
        if usable.size < MIN_ROWS:
            return []
        n_trials = _MAX_TRIALS if self.times is None else _MAX_TIMED_TRIALS
        n_trials = min(n_trials, -(-_ENOUGH // usable.size), most // usable.size)
        trials = [self.trial(X, usable, n_negatives, draw) for draw in range(n_trials)]
        if n_negatives == n_items:
            return trials
        n_listed = max(MIN_ROWS, _MAX_LISTED // n_trials // n_items)
        some = RowDraws(X, usable, self.seed + 1).sample(n_listed)
        places = np.searchsorted(usable, some)
        return [
            trial._replace(catalogue=in_catalogue(trial, places, self.catalogue))
            for trial in trials
        ]

    def trial(
        self, X: Any, rows: NDArray[np.int64], n_negatives: int, draw: int = 0
    ) -> Trial:
        """Hold out an interaction of each row, and draw items to rank it among."""
        X = sparse.csr_array(X, copy=True)
        X.sort_indices()
        when = None if self.times is None else interaction_times(X, self.times)
        draws = RowDraws(X, rows, self.seed)
        held_out = np.empty(rows.size, dtype=np.int64)
        negatives = np.full((rows.size, n_negatives), -1)
        left_out = []
        for i, row in enumerate(rows):
            rng = draws.generator(i, draw)
            first, end = X.indptr[row : row + 2]
            taken = X.indices[first:end]
            may = np.flatnonzero(self.catalogue[taken])
            if when is None:
                places = may[[rng.integers(may.size)]]
            else:
                places = _newest(when[first:end], may, draw, rng)
            held_out[i] = taken[places[0]]
            left_out.append(first + places)
            negatives[i] = self._negatives(taken, n_negatives, rng)
        items = np.column_stack([held_out, negatives])
        X.data[np.concatenate(left_out)] = 0
        X.eliminate_zeros()
        return Trial(X, rows, items)

    def _negatives(
        self, taken: NDArray[np.integer], n: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Items of the catalogue that a row has not taken, drawn; -1 for none."""
        may = self.catalogue.copy()
        may[taken] = False
        drawn = np.flatnonzero(may)
        if drawn.size > n:
            return rng.choice(drawn, n, replace=False)
        return np.pad(drawn, (0, n - drawn.size), constant_values=-1)

    def usable_rows(self, rows: MarketRows, n: int) -> tuple[Any, NDArray[np.int64]]:
        """Interactions without stored zeros, and at most n rows to hold one out of."""
        X = sparse.csr_array(rows.X, copy=True)
        X.eliminate_zeros()
        usable = rows_to_hold_out(X, rows.counted_target, self.catalogue)
        if usable.size > n:
            usable = RowDraws(X, usable, self.seed).sample(n)
        return X, usable


class RowDraws:
    """Random draws for rows that depend on what a row holds, not on its position.

    Equal rows get different draws. X is CSR without stored zeros.
    """

    def __init__(self, X: Any, rows: NDArray[np.int64], seed: int) -> None:
        self.rows, self.seed = rows, seed
        marks = np.random.default_rng(seed).integers(2**63, size=X.shape[1])
        sums = np.zeros(rows.size, dtype=np.int64)
        row, item = nonzero_entries(X[rows])
        np.add.at(sums, row, marks[item])  # wraps around
        _, kind = np.unique(sums, return_inverse=True)
        order = np.argsort(kind.ravel(), kind="stable")
        place = np.arange(rows.size)
        begins = np.r_[True, np.diff(kind.ravel()[order]) > 0][: rows.size]
        copy = np.empty(rows.size, dtype=np.int64)
        copy[order] = place - np.maximum.accumulate(np.where(begins, place, 0))
        self.keys = np.stack([sums.view(np.uint64), copy.astype(np.uint64)], axis=1)

    def generator(self, i: int, draw: int) -> np.random.Generator:
        """Generator of a row."""
        return np.random.default_rng([self.seed, draw, *self.keys[i].tolist()])

    def sample(self, n: int) -> NDArray[np.int64]:
        """At most n of the rows."""
        order = np.lexsort(self.keys.T[::-1])
        return np.sort(self.rows[order[:n]])


def rows_to_hold_out(
    X: Any, rows: NDArray[np.bool_], catalogue: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Which of the given rows have two interactions, at least one in the catalogue."""
    row, item = nonzero_entries(X)
    in_catalogue = np.bincount(row, weights=catalogue[item], minlength=X.shape[0])
    return np.flatnonzero(rows & (np.diff(X.indptr) >= 2) & (in_catalogue >= 1))


def _newest(
    when: NDArray[Any],
    may: NDArray[np.int64],
    n_before: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Places to leave out: first the one that is held out, then those after it.

    It is the newest that may be held out, but for n_before or as many as there are, so
    that an older one is left. Equal times are in random order.
    """
    order = np.lexsort((rng.random(when.size), when))
    ranks = np.flatnonzero(np.isin(order[1:], may)) + 1
    if not ranks.size:  # the oldest alone may be
        return order[:1]
    return order[ranks[max(ranks.size - 1 - n_before, 0)] :]


def in_catalogue(
    trial: Trial, places: NDArray[np.int64], catalogue: NDArray[np.bool_]
) -> Listing:
    """Rank what some rows held out among all of the catalogue that they do not hold."""
    items = np.flatnonzero(catalogue)
    held_out = trial.items[places, 0]
    others = np.tile(items, (places.size, 1))
    taken = trial.X[trial.rows[places]][:, items].toarray() != 0
    others[taken | (others == held_out[:, None])] = -1
    return Listing(places, np.column_stack([held_out, others]))


def listed_scores(
    model: Any, X: Any, listings: list[Listing]
) -> list[NDArray[np.floating]]:
    """Scores of the items of each listing, standardised over all items of the row."""
    parts: list[list[NDArray[np.floating]]] = [[] for _ in listings]
    for rows in row_blocks(*X.shape):
        scores = predicted_scores(model, X[rows])
        mean, deviation = mean_and_deviation(scores)
        for part, (places, items) in zip(parts, listings):
            some = slice(*np.searchsorted(places, (rows.start, rows.stop)))
            i = places[some] - rows.start
            listed = np.take_along_axis(scores[i], items[some], axis=1)
            part.append((listed - mean[i]) / deviation[i])
    return [np.concatenate(part) for part in parts]


def held_out_ndcg(
    scores: NDArray[np.floating], items: NDArray[np.int64]
) -> NDArray[np.float64]:
    """nDCG@10 of the first item of each row among the others."""
    first, others = scores[:, :1], scores[:, 1:]
    there = items[:, 1:] >= 0
    rank = ((others > first) & there).sum(axis=1)
    rank = rank + ((others == first) & there).sum(axis=1) / 2
    return np.where(rank < 10, 1 / np.log2(rank + 2), 0.0)
