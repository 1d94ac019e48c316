"""SequentialRecommender: the next item of a session, without a neural network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.parameters import integer, number, one_of
from sktransfer._core.progress import reports_progress
from sktransfer.recommend._explanations import weighted_entries
from sktransfer.recommend._learning_on import LearningOn
from sktransfer.recommend._scores import weights_of_item
from sktransfer.recommend.sequences._learned_blend import (
    Term,
    exponential,
    given_terms,
    learn_terms,
    relative_to_largest,
)
from sktransfer.recommend.sequences._linear import session_linear_weights
from sktransfer.recommend.sequences._neighbors import (
    neighbor_contributions,
    neighbor_scores,
    session_index,
)
from sktransfer.recommend.sequences._repeats import (
    RECENCY,
    give_repeats_their_share,
    repeat_hazard,
    repeat_probabilities,
)
from sktransfer.recommend.sequences._rules import sequential_rules
from sktransfer.recommend.sequences._sessions import (
    Sessions,
    item_sequences,
    listed_sequences,
    sessions_of_log,
    sessions_of_matrix,
    sessions_of_sequences,
    stacked_sessions,
    starts_with_number,
)
from sktransfer.recommend.sequences._transition_factors import transition_factors

PARTS = ("neighbors", "rules", "linear", "factors")
_POPULARITY = 1e-3  # orders items about which nothing else is known


class SequentialRecommender(LearningOn):
    r"""Next items of sessions by neighbours, sequential rules and linear weights.

    Four models that need no gradient descent, and their blend:

    - "neighbors": the items of the most similar sessions, weighted by similarity, where
      recent items count more [1]_;
    - "rules": what followed each item of the session, near or far [1]_;
    - "linear": one ridge regression for each item, from what a session holds so far to
      what follows, in closed form [2]_, on the terms that matter to the item;
    - "factors": the rules approximated by matrices of low rank, so that what follows
      similar items counts as well.

    Parameters
    ----------
    method : {"blend", "neighbors", "rules", "linear", "factors"}, default="blend"
        The model, or all of them together.
    blend_weights : "learned" or tuple of 4 floats, default="learned"
        Of "blend": "learned" to learn from the last steps of the sessions what each
        model counts, see Notes; or weights of the models in the order of `method`, for
        the sum of their scores, each divided by its largest in a row. A model with
        weight 0 is not fitted.
    decay : float, default=0.6
        What an item counts relative to the one after it, from 0 (the last item alone)
        to 1 (a set).
    window : int, default=10
        Of "rules" and "linear": largest number of steps between two items.
    n_neighbors : int, default=200
        Of "neighbors": number of sessions.
    l2 : float, default=50.0
        Of "linear": strength of the penalty, in sessions.
    n_terms : int, default=30
        Of "linear": largest number of weights of an item.
    unordered_share : float, default=0.8
        Of "linear": weight, from 0 to 1, of items being in one session whatever their
        order. The rest is the weight of what follows what.
    n_factors : int, default=256
        Of "factors": rank of the approximation.

    Attributes
    ----------
    blend_terms_ : list of Term
        The models and what their scores count, by `part`, `power` of `decay`, `weight`
        and `log_weight`.
    repeat_hazard_ : ndarray of shape (31,)
        Entry g: share of items last seen g steps ago that come next; 30 stands for all
        larger gaps, too. All 0 where no session repeats an item.
    rules_ : csr_array of shape (n_items, n_items)
        Weights of the rules from row to column, where they are used.
    linear_weights_ : csr_array of shape (n_items, n_items)
        Linear weights from row to column, where they are used.
    index_ : SessionIndex
        The sessions to look up, where neighbours are used.
    factors_ : TransitionFactors
        Factors of items taken (`before`) and of those that follow (`after`), each of
        shape (n_items, n_factors), where they are used.
    popularity_ : ndarray of shape (n_items,)
        Share of each item in all events.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    SessionVectorizer : Sessions as sparse rows for any estimator.
    EASERecommender : For users whose order of interactions does not matter.

    Notes
    -----
    Sessions come in two forms, in `fit` and in all other methods:

    - a list, series or generator of sequences of item ids in time order, such as
      ``[[3, 1, 1], [0]]``: ids are the columns of the items, whole numbers from 0 on;
      an id that `fit` has not seen is left out;
    - an array, frame or sparse matrix with sessions in rows and items in columns, whose
      values grow with time: times, or weights of :class:`SessionVectorizer`. Equal
      values have no order, so 0/1 interactions are sets. An item is in a row once, at
      the newest of its times. Arrays and frames may hold dates.

    Whether an item comes again is learned: the share of items that return after g steps
    is counted, and the items of the session so far are given the part of the scores
    that their repeats have in all next items, most of it by their recency, the rest by
    the models. So shop sessions repeat, and where nobody buys twice, nothing is offered
    twice. Scores are estimates of the probability that an item is next, and sum to 1
    over all items; after a session that holds them all, to the probability that one of
    them returns. Where nothing returns, nothing is then recommended.

    Sessions of unknown items get the most popular ones.

    Learned blends hold back the last step of the sessions, fit the models to the rest,
    and choose by likelihood what each score and its logarithm count in

    .. math:: z_j = \sum_p a_p x_{pj} + b_p \log(1 + x_{pj} / .03), \qquad
              s_j = e^{z_j} - 1,

    with :math:`x_{pj}` the score of model p relative to its largest in the row. The
    neighbours and the rules are there twice: neighbours of a longer history
    (`decay` to the power of 1/4) and rules of a shorter one (to that of 3). Up to 4,000
    sessions are learned from; where there are few, or none has an order, the weights
    stay near those of the sum of neighbours, rules and linear weights. Then the models
    are fitted to whole sessions.

    Training is linear in the number of events and of items: sparse products, one small
    system of equations for each item, and `n_factors` singular vectors. Nothing has the
    size of sessions by items or of items by items. Serving searches all sessions that
    share an item, and multiplies with all factors.

    References
    ----------
    .. [1] M. Ludewig and D. Jannach, "Evaluation of session-based recommendation
           algorithms", User Modeling and User-Adapted Interaction 28, 2018.
    .. [2] M. Choi et al., "Session-aware linear item-item models for session-based
           recommendation", WWW 2021.

    Examples
    --------
    >>> from sktransfer import SequentialRecommender
    >>> sessions = [[0, 1, 2], [0, 1, 2, 3], [4, 0, 1], [3, 4]]
    >>> model = SequentialRecommender().fit(sessions)
    >>> items, scores = model.recommend([[0], [4, 0, 1]], k=2)
    >>> items
    array([[1, 2],
           [2, 3]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "method": [one_of("blend", *PARTS)],
        "blend_weights": ["array-like", one_of("learned")],
        "decay": [number(0, 1)],
        "window": [integer(1)],
        "n_neighbors": [integer(1)],
        "l2": [number(above=0)],
        "n_terms": [integer(1)],
        "unordered_share": [number(0, 1)],
        "n_factors": [integer(1)],
    }

    values_are_times = True

    def __init__(
        self,
        method: str = "blend",
        *,
        blend_weights: str | ArrayLike = "learned",
        decay: float = 0.6,
        window: int = 10,
        n_neighbors: int = 200,
        l2: float = 50.0,
        n_terms: int = 30,
        unordered_share: float = 0.8,
        n_factors: int = 256,
    ) -> None:
        self.method = method
        self.blend_weights = blend_weights
        self.decay = decay
        self.window = window
        self.n_neighbors = n_neighbors
        self.l2 = l2
        self.n_terms = n_terms
        self.unordered_share = unordered_share
        self.n_factors = n_factors

    @reports_progress
    def fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from sessions.

        Parameters
        ----------
        X : list of sequences of ids, {array-like, sparse matrix} of shape \
                (n_sessions, n_items) or Interactions
            Items of each session in time order: their columns, or ids that are no
            numbers; or a matrix of values that grow with time; or a log with times.
        y : object, default=None
            Not learned from: a search passes the held-out items here.
        sample_weight : array-like of shape (n_sessions,), default=None
            Non-negative weights of the sessions; None for 1.

        Returns
        -------
        self : SequentialRecommender
            The fitted recommender.
        """
        return super().fit(X, y, sample_weight)

    def fit_interactions(
        self, X: Sessions, sample_weight: NDArray[np.floating]
    ) -> None:
        """Learn from sessions.

        Parameters
        ----------
        X : Sessions
            The validated sessions.
        sample_weight : ndarray of shape (n_sessions,)
            Weights of the sessions.
        """
        for name in ("rules_", "linear_weights_", "index_", "factors_"):
            self.__dict__.pop(name, None)  # of an earlier fit
        given = given_terms(self.method, self.blend_weights, PARTS)
        counts = np.bincount(
            X.items, weights=sample_weight[X.rows], minlength=X.shape[1]
        )
        self.popularity_ = (counts / max(counts.sum(), 1)).astype(self._dtype)
        self.repeat_hazard_ = repeat_hazard(X, sample_weight)
        self._learned = given is None
        self.blend_terms_ = given or learn_terms(
            X, sample_weight, self._relative_scores_of(sample_weight)
        )
        self._fit_parts(X, sample_weight, {term.part for term in self.blend_terms_})

    def _relative_scores_of(
        self, sample_weight: NDArray[np.floating]
    ) -> Callable[[Sessions], Callable[[Sessions, Term], NDArray[np.floating]]]:
        """What fits all models to sessions and returns how they score others."""

        def fit(sessions: Sessions) -> Any:
            model = copy(self)
            model._fit_parts(sessions, sample_weight, set(PARTS))
            return model._relative_scores

        return fit

    def _fit_parts(
        self, X: Sessions, sample_weight: NDArray[np.floating], parts: set[str]
    ) -> None:
        if "neighbors" in parts:
            self.index_ = session_index(X, sample_weight)
        if "linear" in parts:
            self.linear_weights_ = self._fit_linear(X, sample_weight)
        if parts.isdisjoint(("rules", "factors")):
            return
        rules = sequential_rules(X, window=self.window, sample_weight=sample_weight)
        if "rules" in parts:
            self.rules_ = rules
        if "factors" in parts:
            self.factors_ = transition_factors(rules, self.n_factors)

    def _row_weights(self, X: Any, sample_weight: Any) -> NDArray[np.floating]:
        rows = np.empty((X.shape[0], 1), self._dtype)
        return super()._row_weights(rows, sample_weight)

    def _fit_linear(self, sessions: Sessions, w: NDArray[np.floating]) -> Any:
        try:
            return session_linear_weights(
                sessions,
                decay=self.decay,
                window=self.window,
                unordered_share=self.unordered_share,
                n_terms=self.n_terms,
                l2=self.l2,
                sample_weight=w,
            )
        except np.linalg.LinAlgError:
            raise ValueError(
                f"l2={self.l2:g} is too small for the sessions in {w.dtype}: a system "
                "of equations is singular. Raise l2."
            ) from None

    def _validate_interactions(self, X: Any, *, reset: bool) -> Sessions:
        if isinstance(X, Interactions):
            log = X if reset else self._over_items_of_fit(X)
            self._validate_numbers(log.matrix, reset=reset)
            if reset:
                self._dtype: np.dtype[Any] = np.dtype(np.float32)
            return sessions_of_log(log, type(self).__name__)
        X = list(X) if isinstance(X, Iterator) else X
        sequences = item_sequences(X, type(self).__name__)
        if sequences is None:
            X = self._validate_numbers(X, reset=reset)
            if reset:
                double = X.dtype == np.float64
                self._dtype = np.dtype(np.float64 if double else np.float32)
            return sessions_of_matrix(X)
        if not reset:
            n_items = self.n_features_in_
            return sessions_of_sequences(sequences, n_items, type(self).__name__)
        sessions = sessions_of_sequences(sequences, None, type(self).__name__)
        self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = sessions.shape[1]
        self._dtype = np.dtype(np.float32)
        return sessions

    def _learn_from_matrix(self, X: Any, sample_weight: Any) -> None:
        X = list(X) if isinstance(X, Iterator) else X
        rows = item_sequences(X, type(self).__name__) or ()
        largest = max((max(row) for row in rows if len(row)), default=-1)
        if largest >= self.n_features_in_:
            raise ValueError(
                f"partial_fit takes items from 0 to {self.n_features_in_ - 1}, those "
                f"of the first call; got {largest}. New items come by ids: pass "
                "Interactions, or sequences of texts, in both calls."
            )
        super()._learn_from_matrix(X, sample_weight)

    def _own_rows(self, X: Any) -> Any:
        return X

    def _stacked(self, parts: list[Any]) -> Any:
        return stacked_sessions(parts)

    def _log_of_sequences(self, X: Any) -> Any:
        X = list(X) if isinstance(X, Iterator) else X
        rows = listed_sequences(X)
        if rows is None and isinstance(X, list) and not X and hasattr(self, "log_"):
            rows = X
        if rows is None:
            return X
        of_ids = hasattr(self, "log_") or not starts_with_number(rows)
        return Interactions.from_sequences(rows) if of_ids else rows

    def recommend(
        self,
        X: Any,
        k: int = 10,
        *,
        candidates: Any = None,
        exclude_seen: bool | None = None,
        catalogue: Any = None,
        as_frame: bool = False,
    ) -> Any:
        """Rank next items for each session.

        Parameters
        ----------
        X : list of sequences of ids, {array-like, sparse matrix} of shape \
                (n_sessions, n_items), Interactions or array-like of shape (n_users,)
            The sessions so far, in a form that `fit` takes; or ids of users of the log
            of `fit`.
        k : int, default=10
            Number of items for each session.
        candidates : array-like, list of array-like or sparse matrix, default=None
            Items that may be recommended: item ids (one-dimensional) or a boolean
            mask of shape (n_items,) for all sessions; or one list of item ids for each,
            where a two-dimensional array may be padded with -1; or a sparse matrix of
            shape (n_sessions, n_items), not 0 where an item may be recommended. None
            allows all. Original ids where `fit` was given these.
        exclude_seen : bool, default=None
            Leave out items of the session so far. None: where no session of `fit` has
            repeated an item.
        catalogue : array-like, default=None
            Items that may be recommended to anybody: ids or a boolean mask.
        as_frame : bool, default=False
            Return a frame with the original ids, of the library that the log came in;
            a session that is none of its users has its row number.

        Returns
        -------
        items : ndarray of int64 of shape (n_sessions, k)
            Columns of the items, best first, the smaller one first among equal scores;
            -1 where fewer than k items are allowed.
        scores : ndarray of shape (n_sessions, k)
            Their scores; ``-inf`` where there is no item.
        frame : data frame
            With `as_frame`, in place of both: "user", "item", "score" and "rank".
        """
        if exclude_seen is None and hasattr(self, "repeat_hazard_"):
            exclude_seen = not self.repeat_hazard_.any()
        options = {"exclude_seen": bool(exclude_seen)}
        return self._recommend(X, k, candidates, catalogue, as_frame, options)

    def score_items(self, X: Sessions) -> NDArray[np.floating]:
        """Score all items for some sessions.

        Parameters
        ----------
        X : Sessions
            The sessions so far.

        Returns
        -------
        scores : ndarray of shape (n_sessions, n_items)
            Estimates of the probability that each item comes next.
        """
        scores = self._scores_before_repeats(X)
        give_repeats_their_share(scores, repeat_probabilities(X, self.repeat_hazard_))
        return scores

    def _scores_before_repeats(self, X: Sessions) -> NDArray[np.floating]:
        scores = self._blended(X)
        top = self.popularity_.max(initial=0)
        if top > 0:
            scores += (_POPULARITY / top) * self.popularity_
        return scores

    def _blended(self, X: Sessions) -> NDArray[np.floating]:
        scores = np.zeros(X.shape, dtype=self._dtype)
        for term in self.blend_terms_:
            scores += term.values(self._relative_scores(X, term))
        if self._learned:
            exponential(scores)
        return np.maximum(scores, 0, out=scores)

    def _relative_scores(self, X: Sessions, term: Term) -> NDArray[np.floating]:
        """Scores of a model over the largest of the row; learned: of new or seen."""
        scores = self._score_part(term.part, self._history(X, term))
        np.maximum(scores, 0, out=scores)
        seen = X.pattern(self._dtype).nonzero() if self._learned else None
        return relative_to_largest(scores, seen)

    def _history(self, X: Sessions, term: Term) -> Any:
        return X.history(self.decay**term.power, self._dtype)

    def _score_part(self, part: str, history: Any) -> NDArray[np.floating]:
        if part == "neighbors":
            return neighbor_scores(history, self.index_, self.n_neighbors)
        if part == "factors":
            return self.factors_.scores(history)
        weights = self.rules_ if part == "rules" else self.linear_weights_
        return (history @ weights).toarray()

    def _similar_scores(self, rows: Any) -> NDArray[np.floating]:
        """Chances to come next, after sessions of one item."""
        return self._scores(sessions_of_matrix(rows))

    def _contributions(self, X: Sessions, item: int) -> NDArray[np.float64]:
        """Terms of the models, scaled as the score is; recency is the item's own."""
        contributions = np.zeros(X.shape[1])
        total = 0.0
        for term in self.blend_terms_:
            relative = self._relative_scores(X, term)[:, [item]]
            value = float(term.values(relative)[0, 0])
            if value > 0:  # what a model says for the item, by its own terms
                terms = self._terms_of_part(term.part, self._history(X, term), item)
                contributions += value / terms.sum() * terms
                total += value
        repeats = repeat_probabilities(X, self.repeat_hazard_)
        recency = RECENCY * float(repeats[0, item])
        before = float(self._scores_before_repeats(X)[0, item])
        if total > 0 and before > 0:
            by_models = float(self._blended(X)[0, item]) / before
            score = float(self._scores(X)[0, item]) - recency
            contributions *= score * by_models / total
        contributions[item] += recency
        return contributions

    def _terms_of_part(self, part: str, history: Any, item: int) -> NDArray[np.float64]:
        if part == "neighbors":
            return neighbor_contributions(history, self.index_, self.n_neighbors, item)
        if part == "factors":
            weights = self.factors_.before @ self.factors_.after[item]
        else:
            weights = self.rules_ if part == "rules" else self.linear_weights_
            weights = weights_of_item(weights, item)
        return weighted_entries(history, weights)
