"""BaseRecommender: what all recommenders share, and what one of your own writes."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from sktransfer._core.inputs import table_container
from sktransfer._core.interactions import is_dated, native_numbers, nonzero_csr
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.views import check_to_learn_from, newest_pairs
from sktransfer._core.parameters import check_parameters
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer._core.ranking import ndcg_rows, relevance_matrix
from sktransfer._core.sparse import canonical_csr, is_sparse, nonzero_entries
from sktransfer._core.topk import row_blocks
from sktransfer._core.weights import row_weights
from sktransfer.recommend._allowed_items import (
    ALL_ITEMS,
    AllowedItems,
    check_candidates,
    ranks_candidates,
)
from sktransfer.recommend._explanations import ItemExplanations
from sktransfer.recommend._logs import (
    Ranking,
    candidate_columns,
    finite_half_life,
    held_out_columns,
    over_known_items,
    rank,
    ranked_frame,
    refuse_half_life,
    rows_to_serve,
    values_of_log,
)
from sktransfer.recommend._numbering import check_numbering, check_places

_EXACT_FLOAT32 = 1 << 24  # whole numbers up to it are exact
_EXACT_FLOAT64 = 1 << 53


def as_floats(X: Any, *, keep_large: bool = False) -> Any:
    """Interactions as float32 or float64, whichever holds whole numbers exactly.

    Whole numbers that float64 would round stay as they are if `keep_large`.
    """
    if X.dtype.kind not in "iub":
        return X
    values = X.data if is_sparse(X) else X
    largest = max(int(values.max(initial=0)), -int(values.min(initial=0)))
    if largest > _EXACT_FLOAT64 and keep_large:
        return X
    return X.astype(np.float32 if largest <= _EXACT_FLOAT32 else np.float64)


def score_dtype(X: Any) -> np.dtype[Any]:
    """Dtype of the scores of interactions: theirs, float64 where they are int64."""
    return X.dtype if X.dtype.kind == "f" else np.dtype(np.float64)


def reads_times(estimator: Any) -> bool:
    """Whether an estimator reads the values of interactions as times."""
    return bool(getattr(estimator, "values_are_times", False))


def dates_as_numbers(X: Any, recommender: BaseRecommender) -> Any:
    """Interactions, their dates as whole numbers where they are read as times."""
    X = table_container(X)
    if not is_dated(X):
        return X
    if recommender.values_are_times:
        return nonzero_csr(X)
    raise TypeError(
        f"{type(recommender).__name__} reads the values of X as strengths of "
        "interactions; got dates. Pass whether there is one, as 0 and 1, or use "
        "SequentialRecommender, which reads times."
    )


class BaseRecommender(
    ItemExplanations, CallbackSupportMixin, GivenParameters, BaseEstimator
):
    """Base class of recommenders on a matrix of interactions.

    A subclass writes two methods:

    ``fit_interactions(X, sample_weight)``
        Learns from interactions. X is a CSR matrix or an ndarray of shape (n_rows,
        n_items), float32 or float64, finite, no entry of a CSR matrix stored twice; it
        may be the user's own and must not be changed. Negative values are dislikes; a
        recommender that needs values of 0 or more raises a ValueError.
        ``sample_weight`` is an ndarray of shape (n_rows,) in the dtype of X, 0 or more:
        a row of weight 2 counts as two rows, one of weight 0 as none. Names of what is
        learned end in "_". What is returned is ignored.
    ``score_items(X)``
        Returns the scores of all items for some rows, higher is better: a new ndarray
        of floats of the shape of X, in the dtype of the interactions of ``fit`` where
        that is practical. X comes as in ``fit_interactions``; its rows need not be
        rows of ``fit``.

    Parameters are stored in ``__init__``, as in scikit-learn. Values that must be in
    order may be listed in ``_parameter_constraints``, in scikit-learn's format; they
    are checked at the start of :meth:`fit`.

    From this class it gets ``fit``, ``predict``, ``recommend``, ``score``,
    ``similar_items`` and ``explain``: validation of interactions, names of items and
    weights, ranking in blocks with ties settled, candidates, leaving out what a row has
    taken, nDCG for a search, and reasons. It then works in
    :class:`TransferRecommender`, in :class:`BlendRecommender` and in scikit-learn's
    searches. Both also take any other estimator with ``fit(X)`` and a
    ``predict(X)`` that scores every item; weights of markets need ``fit(X,
    sample_weight=...)``.

    A recommender that reads the values of X as times sets the class attribute
    ``values_are_times = True``: of a pair that X stores again the newest time counts,
    instead of the sum, dates are read as whole numbers, and whole numbers beyond
    :math:`2^{53}` stay of int64.

    A recommender with a parameter `half_life` gets interactions that age: of
    Interactions, each value is multiplied by :math:`2^{-a/h}`, h the half-life and a
    the age, in `fit` from the newest interaction of the market, in the rows to serve
    from the newest of the user. A matrix has no times, and is refused in `fit`.

    Attributes
    ----------
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.
    log_ : Interactions
        Of what `fit` was given, where that is no matrix, what serving users by their
        ids needs: each pair once, and times and repeats only where the recommender
        reads the values as times, or has a `half_life`.

    See Also
    --------
    Interactions : A log with its ids, in place of a matrix.
    TransferRecommender : Trains a recommender on several markets.
    BlendRecommender : Adds the scores of several recommenders.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.recommend import BaseRecommender, TransferRecommender
    >>> class MostTaken(BaseRecommender):
    ...     def fit_interactions(self, X, sample_weight):
    ...         self.counts_ = (X != 0).T @ sample_weight
    ...
    ...     def score_items(self, X):
    ...         return np.tile(self.counts_, (X.shape[0], 1))
    >>> X = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 0, 1, 0]])
    >>> items, scores = MostTaken().fit(X).recommend(X[:1], k=2)
    >>> items
    array([[2, 3]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    values_are_times: Any = False
    _shares_places: Any = False  # whether what is ranked first depends on k
    _one_item = False  # whether y of fit was an item for each row

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> Any:
        """Learn from validated interactions; written by the subclass.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define fit_interactions(X, sample_weight)."
        )

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows; written by the subclass.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            Higher is better.
        """
        raise NotImplementedError(f"{type(self).__name__} must define score_items(X).")

    @reports_progress
    def fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from the interactions of users or sessions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items) or Interactions
            Interactions of users or sessions.
        y : object, default=None
            Not learned from: a search passes the held-out interactions here.
        sample_weight : array-like of shape (n_rows,), default=None
            Non-negative weights of the rows; None for 1.

        Returns
        -------
        self : estimator
            The fitted recommender.
        """
        self._fit(X, y, sample_weight)
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, NDArray[Any]]:
        """Fit, and return the validated rows and their weights."""
        check_parameters(self)
        X = self._validate_fit(X, y)
        w = self._row_weights(X, sample_weight)
        self.fit_interactions(X, w)
        return X, w

    def _validate_fit(self, X: Any, y: Any) -> Any:
        """Validate X; of y only the form is noted, which `predict` follows."""
        self.__dict__.pop("log_", None)  # of an earlier fit
        if not isinstance(X, Interactions):
            X = self._log_of_sequences(X)
        if isinstance(X, Interactions):
            check_to_learn_from(X)
            self.log_ = self._log_to_keep(X)
        X = self._validate_interactions(X, reset=True)
        matrix = y is None or is_sparse(y) or isinstance(y, Interactions)
        self._one_item = not matrix and np.asarray(y).ndim == 1
        return X

    def _log_to_keep(self, log: Interactions) -> Interactions:
        """What serving and `partial_fit` need of a log."""
        if self.values_are_times:
            return log
        return newest_pairs(log, times=self._history_half_life() is not None)

    def _domain_of_log(self, sample_domain: Any) -> Any:
        """The domains that `fit` was given, else those of its log."""
        if sample_domain is None and hasattr(self, "log_"):
            return self.log_.sample_domain
        return sample_domain

    def _validate_interactions(self, X: Any, *, reset: bool) -> Any:
        """Check X as floats that hold its numbers exactly; each pair stored once."""
        half_life = self._half_life_of_values()
        if isinstance(X, Interactions):
            known = X if reset else self._over_items_of_fit(X)
            X = values_of_log(known, self, half_life, "market" if reset else "user")
        elif reset and half_life is not None:
            refuse_half_life(self, "A matrix has no times.")
        X = self._validate_numbers(X, reset=reset)
        return as_floats(X, keep_large=self.values_are_times)

    def _half_life_of_values(self) -> float | None:
        """Half-life of the values of a log; None where none age, or where they do."""
        return finite_half_life(self)

    def _history_half_life(self, *, of_candidates: bool = False) -> float | None:
        """Half-life of interactions of the rows to serve; None for no aging."""
        return finite_half_life(self)

    def _aged(self, X: Any, weights: Any) -> Any:
        """Interactions of a log, whose weights by age are at the same places."""
        return X * weights

    def _log_of_sequences(self, X: Any) -> Any:
        """A log of sequences of ids, where the recommender takes these; else X."""
        return X

    def _columns_of(self, items: Any) -> Any:
        """Items by their ids in the log of `fit`, where there is one, as columns."""
        if isinstance(items, str) or not hasattr(self, "log_"):
            return items
        return candidate_columns(self.log_, items)

    def _over_items_of_fit(self, log: Interactions) -> Interactions:
        return over_known_items(log, self.log_) if hasattr(self, "log_") else log

    def _rows_to_score(self, X: Any, *, of_candidates: bool) -> Any:
        """Validated rows to serve, as they are scored."""
        half_life = self._history_half_life(of_candidates=of_candidates)
        if half_life is not None and isinstance(X, Interactions):
            X = values_of_log(self._over_items_of_fit(X), self, half_life, "user")
        return self._validate_interactions(X, reset=False)

    def _validate_numbers(self, X: Any, *, reset: bool) -> Any:
        """Check X, in the numbers that it has; of a sparse one store each pair once."""
        if is_sparse(X):
            X = canonical_csr(X, newest=self.values_are_times)
        X = validate_data(
            self,
            dates_as_numbers(X, self),
            accept_sparse="csr",
            accept_large_sparse=True,
            dtype="numeric",
            reset=reset,
        )
        if reset and is_sparse(X):
            check_numbering(X.shape[1], X.nnz, type(self).__name__)
        return native_numbers(X)

    def _row_weights(self, X: Any, sample_weight: Any) -> NDArray[np.floating]:
        """Weights of the rows in the dtype of X, 1 where None are given."""
        return row_weights(sample_weight, X, dtype=score_dtype(X))

    def _scores_to_rank(self, X: Any, allowed: AllowedItems) -> NDArray[np.floating]:
        """Scores of all items, by which those that may be ranked are ranked."""
        return self.score_items(X)

    def _scores(
        self, X: Any, allowed: AllowedItems = ALL_ITEMS
    ) -> NDArray[np.floating]:
        """Scores of a block of rows, which may be written to."""
        scores = np.asarray(self._scores_to_rank(X, allowed))
        if scores.shape != X.shape:
            raise ValueError(
                f"score_items of {type(self).__name__} must return the scores of all "
                f"items, of the shape of X, {X.shape}; got {scores.shape}."
            )
        if scores.dtype.kind != "f":
            scores = scores.astype(np.float64)
        if np.isnan(scores.min(initial=0)):
            raise ValueError(
                f"{type(self).__name__} finds no number for the scores of some rows of "
                "X: sums over its values overflow. Scale X down, in fit too."
            )
        return scores if scores.flags.writeable else scores.copy()

    def recommend(
        self,
        X: Any,
        k: int = 10,
        *,
        candidates: Any = None,
        exclude_seen: bool = True,
        catalogue: Any = None,
        as_frame: bool = False,
    ) -> Any:
        """Rank items for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items), Interactions or \
                array-like of shape (n_users,)
            What the users to serve have interacted with so far. They need not be users
            seen in `fit`, and items that `fit` has not seen are left out. Where `fit`
            was given Interactions: ids of users of its target. See Notes.
        k : int, default=10
            Number of items for each row, at most 10,000 or the number of items.
        candidates : array-like, list of array-like or sparse matrix, default=None
            Items that may be recommended: item ids (one-dimensional) or a boolean
            mask of shape (n_items,) for all rows; or one list of item ids for each
            row, where a two-dimensional array may be padded with -1; or a sparse
            matrix of the shape of X, not 0 where an item may be recommended. None
            allows all. Where X is a matrix, the id of an item is its column; else its
            id in the log, and ids of items that `fit` has not seen are left out.
        exclude_seen : bool, default=True
            Leave out items that the row has interacted with in X.
        catalogue : array-like, default=None
            Items that may be recommended to anybody, besides `candidates`: ids or a
            boolean mask of shape (n_items,). None allows all.
        as_frame : bool, default=False
            Return a frame with the original ids, of the library that the log came in.

        Returns
        -------
        items : ndarray of int64 of shape (n_rows, k)
            Columns of X, or of the log of `fit`, best first, the smaller id first among
            equal scores; -1 where fewer than k items are allowed.
        scores : ndarray of shape (n_rows, k)
            Their scores; ``-inf`` where there is no item.
        frame : data frame
            With `as_frame`, in place of both: columns "user", "item", "score" and
            "rank", from 1, a row for each ranked item; before them "market" where X has
            several.

        Notes
        -----
        A user that the log of `fit` does not know is served as one without
        interactions. To users without interactions in a log, the item that more users
        of the target have taken comes first among equal scores: the most popular ones,
        from recommenders that know nothing of such users. There is a warning where
        all users, items or candidates are unknown: their ids may be of another kind.
        """
        options = {"exclude_seen": exclude_seen}
        return self._recommend(X, k, candidates, catalogue, as_frame, options)

    def _recommend(
        self,
        X: Any,
        k: Any,
        candidates: Any,
        catalogue: Any,
        as_frame: bool,
        options: dict[str, Any],
    ) -> Any:
        """Rank items for the rows of a matrix, of a log, or of users of a log."""
        check_is_fitted(self)
        k = check_places(k, self.n_features_in_)
        X = rows_to_serve(self, X)
        found = rank(self, X, k, candidates, catalogue, options)
        return ranked_frame(self, X, found) if as_frame else found

    def _rank(self, X: Any, k: int, *, candidates: Any, exclude_seen: bool) -> Ranking:
        """Rank items for each row of a matrix, or of a log over the items of `fit`."""
        X = self._rows_to_score(X, of_candidates=ranks_candidates(candidates))
        allowed = check_candidates(candidates, *X.shape)
        parts = [
            self._rank_block(X[rows], k, allowed, rows, exclude_seen)
            for rows in row_blocks(*X.shape)
        ]
        items, scores = (np.concatenate(part) for part in zip(*parts))
        return items, scores

    def _rank_block(
        self, X: Any, k: int, allowed: AllowedItems, rows: slice, exclude_seen: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        scores = self._scores(X, allowed)
        if exclude_seen:
            scores[nonzero_entries(X)] = -np.inf
        return allowed.ranked(scores, rows, k)

    def predict(self, X: Any) -> NDArray[Any]:
        """Score every item for each row.

        The matrix of scores is dense; :meth:`recommend` holds only a block of it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items), Interactions or \
                array-like of shape (n_users,)
            What the users to serve have interacted with so far, as in
            :meth:`recommend`.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            Higher is better; items that cannot be recommended have ``-inf``. If `fit`
            was given a one-dimensional y, the result is instead the best new item of
            each row, of shape (n_rows,), -1 for none.
        """
        check_is_fitted(self)
        if self._one_item:
            return self.recommend(X, 1)[0][:, 0]
        X = self._rows_to_score(rows_to_serve(self, X), of_candidates=False)
        blocks = row_blocks(*X.shape)
        first = self._scores(X[next(blocks)])  # of the dtype of all
        scores = np.empty(X.shape, dtype=first.dtype)
        scores[: len(first)] = first
        for rows in blocks:
            scores[rows] = self._scores(X[rows])
        return scores

    def score(self, X: Any, y: Any) -> float:
        """Mean nDCG@10 of held-out interactions, given those in X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items) or Interactions
            Interactions given to the recommender; these items are not ranked.
        y : {array-like, sparse matrix} of shape (n_rows, n_items) or (n_rows,), or \
                Interactions
            Held-out interactions (relevance, 0 or more); one-dimensional: the id of
            one held-out item for each row, -1 for none. Rows of Interactions are found
            by the ids of the users of X.

        Returns
        -------
        score : float
            The mean over rows that have a held-out interaction.
        """
        check_is_fitted(self)
        X = rows_to_serve(self, X)
        if isinstance(X, Interactions):
            y = held_out_columns(X, y)
        items, _ = self.recommend(X, 10)
        relevance = relevance_matrix(y, items.shape[0], self.n_features_in_)
        dcg, ideal = ndcg_rows(relevance, items)
        rows = ideal > 0
        if not rows.any():
            raise ValueError(
                "score needs held-out interactions; got none in any row. Split with "
                "split_interactions."
            )
        return float((dcg[rows] / ideal[rows]).mean())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
