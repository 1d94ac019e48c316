"""SessionVectorizer: sequences of item ids as sparse rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.output import sparse_stays_sparse
from sktransfer._core.parameters import (
    check_parameters,
    check_value,
    integer,
    number,
    one_of,
)
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import reports_progress
from sktransfer.recommend.sequences._events import (
    Events,
    check_sequences,
    decay_weights,
    find_events,
)


@sparse_stays_sparse
class SessionVectorizer(TransformerMixin, GivenParameters, BaseEstimator):
    r"""Sequences of item ids as sparse recency weights.

    What a session holds becomes one sparse row for any estimator: item i gets
    :math:`\sum \delta^{T - t}` over its places t in a session of T events, so that the
    last event counts 1. Counts of the last events and ordered pairs can be added.

    Parameters
    ----------
    decay : float, default=0.8
        What an event counts relative to the next one: 1 counts events, 0 keeps the last
        one.
    aggregate : {"sum", "last"}, default="sum"
        Weight of an item that occurs several times: the sum, or that of its last place.
        With "last" and a decay between 0 and 1 the values of a row tell the order of
        its items, which :class:`SequentialRecommender` reads.
    windows : tuple of int, default=()
        Adds, for each number w in it, counts of the items among the last w events.
    n_pairs : int, default=0
        Adds the most frequent ordered pairs of items, at most this number: "a, then b"
        gets the weight of b over the distance of both.
    pair_window : int, default=3
        Largest distance of the two items of a pair.
    min_count : int, default=1
        Items that occur less often in `fit` are left out.

    Attributes
    ----------
    items_ : ndarray of shape (n_items,)
        Item ids of the first columns, sorted where they can be, else in order of
        appearance.
    pairs_ : ndarray of int64 of shape (n_pairs, 2)
        Places in ``items_`` of both items of each pair, in the order of the last
        columns.

    See Also
    --------
    SequentialRecommender : Predicts the next item of sessions.
    SequenceEncoder : Dense states of linear recurrences over vectors.

    Notes
    -----
    Columns are: recency weights of all items; a block of counts of all items for each
    window; pairs. Items that `fit` has not seen are left out before places are counted.
    No weight above 0 becomes 0, however long the session.

    Examples
    --------
    >>> from sktransfer import SessionVectorizer
    >>> vectorizer = SessionVectorizer(decay=0.5)
    >>> vectorizer.fit_transform([["a", "b", "a"], ["c", "b"]]).toarray()
    array([[1.25, 0.5 , 0.  ],
           [0.  , 1.  , 0.5 ]], dtype=float32)
    >>> vectorizer.get_feature_names_out()
    array(['a', 'b', 'c'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "decay": [number(0, 1)],
        "aggregate": [one_of("sum", "last")],
        "windows": ["array-like"],
        "n_pairs": [integer(0)],
        "pair_window": [integer(1)],
        "min_count": [integer(1)],
    }

    def __init__(
        self,
        *,
        decay: float = 0.8,
        aggregate: str = "sum",
        windows: Sequence[int] = (),
        n_pairs: int = 0,
        pair_window: int = 3,
        min_count: int = 1,
    ) -> None:
        self.decay = decay
        self.aggregate = aggregate
        self.windows = windows
        self.n_pairs = n_pairs
        self.pair_window = pair_window
        self.min_count = min_count

    @reports_progress
    def fit(self, X: Sequence[Sequence[Any]], y: Any = None) -> Self:
        """Learn the items, and the frequent pairs.

        Parameters
        ----------
        X : sequence of sequence of hashable
            Item ids of each session in time order.
        y : object
            Ignored.

        Returns
        -------
        self : SessionVectorizer
            Fitted.

        Raises
        ------
        ValueError
            If no item is left.
        """
        check_parameters(self)
        sequences = check_sequences(X, type(self).__name__)
        self._check_windows()
        counts = Counter(chain.from_iterable(sequences))
        items = [item for item, n in counts.items() if n >= self.min_count]
        if not items:
            raise ValueError(
                f"SessionVectorizer found no item that occurs {self.min_count} time(s) "
                f"in {len(sequences)} session(s). Lower min_count or add sessions."
            )
        try:
            items.sort()
        except TypeError:  # ids of several types stay in order of appearance
            pass
        self._index = {item: k for k, item in enumerate(items)}
        self.items_ = np.empty(len(items), dtype=object)
        self.items_[:] = items
        if all(isinstance(i, Integral) and not isinstance(i, bool) for i in items):
            self.items_ = np.array(items)
        self.pairs_ = np.empty((0, 2), dtype=np.int64)
        if self.n_pairs:
            events = find_events(sequences, self._index)
            keys = self._pair_events(events)[1]
            found, n = np.unique(keys, return_counts=True)
            kept = np.sort(np.lexsort((found, -n))[: self.n_pairs])
            self.pairs_ = np.stack(np.divmod(found[kept], len(items)), axis=1)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> sparse.csr_matrix:
        """Learn the items, and weigh those of the same sessions.

        Parameters
        ----------
        X : sequence of sequence of hashable
            Item ids of each session in time order.
        y : object
            Ignored.

        Returns
        -------
        Z : csr_matrix of float32 of shape (n_sessions, n_features)
            Weights.
        """
        sequences = check_sequences(X, type(self).__name__)  # X may be a generator
        return self.fit(sequences).transform(sequences)

    def transform(self, X: Sequence[Sequence[Any]]) -> sparse.csr_matrix:
        """Weigh the items of sessions.

        Parameters
        ----------
        X : sequence of sequence of hashable
            Item ids of each session in time order.

        Returns
        -------
        Z : csr_matrix of float32 of shape (n_sessions, n_features)
            Weights; empty rows for sessions without a known item.
        """
        check_is_fitted(self)
        events = find_events(check_sequences(X, type(self).__name__), self._index)
        weights = decay_weights(events.behind(), self.decay)
        blocks = [self._item_weights(events, weights)]
        for w in self.windows:
            blocks.append(events.matrix((events.behind() < w).astype(np.float32)))
        if self.pairs_.size:
            blocks.append(self._pair_weights(events, weights))
        Z = sparse.csr_matrix(sparse.hstack(blocks, format="csr", dtype=np.float32))
        Z.eliminate_zeros()
        return Z

    def _item_weights(
        self, events: Events, weights: NDArray[np.float32]
    ) -> sparse.csr_array:
        if self.aggregate == "sum":
            return events.matrix(weights)
        rows = np.repeat(np.arange(events.indptr.size - 1), np.diff(events.indptr))
        order = np.lexsort((events.behind(), events.ids, rows))
        row, item = rows[order], events.ids[order]
        repeated = np.r_[False, (row[1:] == row[:-1]) & (item[1:] == item[:-1])]
        weights = weights.copy()
        weights[order[repeated[: order.size]]] = 0
        return events.matrix(weights)

    def _pair_events(
        self, events: Events
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Place of the second event, key and distance of all near pairs."""
        ahead = events.ahead()
        places, keys, gaps = [], [], []
        longest = int(ahead.max(initial=0))
        for gap in range(1, max(min(self.pair_window, longest), 1) + 1):
            second = np.flatnonzero(ahead >= gap)
            places.append(second)
            keys.append(events.ids[second - gap] * events.n_ids + events.ids[second])
            gaps.append(np.full(second.size, gap))
        return np.concatenate(places), np.concatenate(keys), np.concatenate(gaps)

    def _pair_weights(
        self, events: Events, weights: NDArray[np.float32]
    ) -> sparse.csr_array:
        places, keys, gaps = self._pair_events(events)
        known = self.pairs_[:, 0] * events.n_ids + self.pairs_[:, 1]  # ascending
        column = np.minimum(np.searchsorted(known, keys), known.size - 1)
        there = known[column] == keys
        rows = np.repeat(np.arange(events.indptr.size - 1), np.diff(events.indptr))
        data = (weights[places] / gaps)[there]
        return sparse.coo_array(
            (data, (rows[places[there]], column[there])),
            shape=(events.indptr.size - 1, known.size),
        ).tocsr()

    def _check_windows(self) -> None:
        for w in self.windows:
            check_value("Each of windows", w, integer(1))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns.

        Parameters
        ----------
        input_features : object
            Not used.

        Returns
        -------
        names : ndarray of object of shape (n_features,)
            Items, "item in last w" for each window, and "item > item".
        """
        check_is_fitted(self)
        items = [str(item) for item in self.items_]
        names = list(items)
        for w in self.windows:
            names += [f"{item} in last {w}" for item in items]
        names += [f"{items[a]} > {items[b]}" for a, b in self.pairs_]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags
