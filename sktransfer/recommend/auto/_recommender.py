"""AutoTransferRecommender: compare recommenders, and know when markets help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.domains import check_sample_domain, domain_masks
from sktransfer._core.interactions import time_matrix
from sktransfer._core.logs.interactions import HALF_LIFE, Interactions
from sktransfer._core.logs.views import newest_pairs, times_in_days
from sktransfer._core.parameters import (
    check_parameters,
    integer,
    number,
    one_of,
)
from sktransfer._core.sparse import canonical_csr, is_sparse
from sktransfer.recommend._allowed_items import allowed_items
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._logs import Ranking, finite_half_life, refuse_half_life
from sktransfer.recommend._one_standard_error import standard_error
from sktransfer.recommend._score_parts import ScoresOfColumns
from sktransfer.recommend.auto._candidates import (
    MarketWeightedRecommender,
    RecommenderCandidate,
    checked_candidates,
    default_recommenders,
    row_weights,
)
from sktransfer.recommend.auto._choice import (
    CandidateChoice,
    choose_candidate,
    conclusion,
    gain_over,
    markets_help,
)
from sktransfer.recommend.auto._comparison import (
    Comparison,
    TrainingData,
    compare_candidates,
    fit_candidate,
)
from sktransfer.recommend.auto._times import all_timed, times_of_rows
from sktransfer.recommend.collaborative._blend import MAX_DENSE
from sktransfer.recommend.content._new_item_limit import (
    NewItemLimiter,
    limit_new_items,
    readable_twice,
)
from sktransfer.recommend.markets._aging import aged
from sktransfer.recommend.markets._copies import rows_without_copies

MAX_CONTENT = 2 * MAX_DENSE**2  # sold items times all items


class AutoTransferRecommender(ScoresOfColumns, BaseRecommender):
    """Compare recommenders, with and without other markets, and take one.

    Two parts of the target's interactions are held out. By the validation part one
    recommender is taken: the first, in the order of the candidates, that is within a
    standard error of the best, so that a tie goes to the simpler one and to the target
    alone. The test part has no part in this choice; it says how good the candidates
    are, and whether other markets help.

    Parameters
    ----------
    candidates : list of RecommenderCandidate or of (str, recommender), default=None
        What to compare, the simplest first. At least one of them must learn from the
        target alone. A recommender needs ``fit`` and ``recommend``; one given as a pair
        learns from all markets if its ``fit`` takes ``sample_domain``. None:
        :func:`default_recommenders`, those that suit the data.
    item_features : {array-like, sparse matrix} of shape (n_items, n_content), \
            default=None
        Content of the items, a row for each column of X. It is passed to candidates
        with a parameter `item_features`, and ranks items that nobody has taken.
    catalogue : {"target", "all"}, default="target"
        Items that candidates are compared on: those that the target has sold, or all
        columns of X.
    max_new_share : float, default=0.1
        Largest share of the places of a user for items that `best_estimator_` knows
        nothing of, from 0 to 1, rounded up.
    test_size : float, default=0.2
        Share of the interactions of each target user in the test part, below 0.5; as
        many are in the validation part.
    refit : bool, default=True
        Fit the recommender that is taken to all interactions. False: compare only.
    random_state : int, default=0
        Seed of what is held out where no times are known.
    callback : callable, default=None
        Called with the name of each candidate before it is fitted, to show progress.
    half_life : float or None, default=None
        Passed to candidates with a parameter `half_life`: the age at which an
        interaction counts half, in the unit of the times, days where these are dates.
        None: as the candidates have it.

    Attributes
    ----------
    best_name_ : str
        Name of the recommender that was taken.
    best_index_ : int
        Its place among the candidates.
    best_estimator_ : recommender
        It, fitted to all interactions with the items ``columns_``.
    reason_ : str
        Why it was taken.
    results_ : dict of str to list
        A column for each: "name", "markets" (whether it learns from other markets),
        "validation_ndcg", "test_ndcg", "standard_error" (of the test), "gain" (in test
        nDCG@10 over ``target_name_``), "gain_interval" (two standard errors of the
        gain) and "seconds" (CPU time of the test). For ``pandas.DataFrame``.
    target_name_ : str
        The candidate that learns from the target alone and is best on the validation
        part.
    markets_name_ : str or None
        The one that learns from other markets and is best there.
    markets_help_ : bool or None
        Whether ``markets_name_`` is better than ``target_name_`` on the test part, by
        more than two standard errors; None where that cannot be told.
    conclusion_ : str
        The same in a sentence, with the gain.
    notes_ : list of str
        What was not compared, and why.
    candidates_ : list of RecommenderCandidate
        What was compared.
    validation_ndcg_ : ndarray of shape (n_candidates, n_users)
        nDCG@10 of each user of the validation part, the mean of several draws where
        users are few; no users where fewer than 20 have three interactions.
    test_ndcg_ : ndarray of shape (n_candidates, n_test_users)
        nDCG@10 of each user of the test part.
    test_rankings_ : ndarray of int64 of shape (n_candidates, n_test_users, 10)
        Items that each candidate ranks for the test part, -1 for none.
    test_interactions_ : CSR of shape (n_test_users, n_items)
        The test part.
    train_counts_ : ndarray of int64 of shape (n_items,)
        Target users of each item without the test part.
    n_target_users_ : int
        Rows of the target.
    sold_ : ndarray of bool of shape (n_items,)
        Items with an interaction in the target.
    catalogue_ : ndarray of bool of shape (n_items,)
        Items that the candidates are compared on.
    columns_ : ndarray of int64
        Items that ``best_estimator_`` was fitted to.
    known_ : ndarray of bool of shape (n_items,)
        Items that it has seen an interaction of.
    new_item_estimator_ : recommender or None
        Ranks the items that ``best_estimator_`` does not know.
    new_item_scores_ : dict of str to float
        `validation_scores_` of the recommender with content that serves, on simulated
        new items; empty where there is none.
    market_weights_ : dict of int to float
        Weights of other markets in ``best_estimator_``; empty for none.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    TransferRecommender : Weighs markets for one recommender.
    default_recommenders : What is compared by default.
    sktransfer.metrics.ranking_quality : Coverage, novelty and quality by popularity of
        the rankings.
    sktransfer.AutoTransferClassifier : The same for classifiers, without labels of the
        target.

    Notes
    -----
    Source rows that are copies of target rows, beyond chance, are left out with a
    warning, as in :class:`TransferRecommender`.

    With `time`, the latest interactions of each user are held out, else drawn. Where
    fewer than 600 users can be looked at, the validation part is drawn up to three
    times. At most 10,000 users are looked at. Where fewer than 20 users have three
    interactions, nothing is chosen: "markets: validated" is taken, or "target: blend"
    where there are no other markets.

    An item that ``best_estimator_`` knows nothing of stands where the recommender with
    content, which ranks all items together, puts it, in a limited share of the places.
    It then has the score NaN, as scores of two recommenders cannot be compared.

    Examples
    --------
    >>> from sktransfer import AutoTransferRecommender, EASERecommender
    >>> from sktransfer import TransferRecommender
    >>> from sktransfer.datasets import make_market_interactions
    >>> shop = make_market_interactions(n_users=(400, 40), n_items=60)
    >>> candidates = [
    ...     ("EASE", EASERecommender()),
    ...     ("all markets", TransferRecommender(n_negatives=None)),
    ... ]
    >>> model = AutoTransferRecommender(candidates)
    >>> model = model.fit(shop.data, sample_domain=shop.sample_domain)
    >>> model.target_name_, model.markets_name_
    ('EASE', 'all markets')
    >>> items, scores = model.recommend(shop.data[shop.sample_domain < 0], k=3)
    >>> items.shape
    (40, 3)
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {
        "sample_domain": True,
        "time": True,
    }

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "candidates": [list, tuple, None],
        "item_features": ["array-like", "sparse matrix", None],
        "catalogue": [one_of("target", "all")],
        "max_new_share": [number(0, 1)],
        "test_size": [number(above=0, below=0.5)],
        "refit": ["boolean"],
        "random_state": [integer(0)],
        "callback": [callable, None],
        "half_life": [HALF_LIFE, None],
    }

    def __init__(
        self,
        candidates: Sequence[Any] | None = None,
        *,
        item_features: Any = None,
        catalogue: str = "target",
        max_new_share: float = 0.1,
        test_size: float = 0.2,
        refit: bool = True,
        random_state: int = 0,
        callback: Callable[[str], object] | None = None,
        half_life: float | None = None,
    ) -> None:
        self.candidates = candidates
        self.item_features = item_features
        self.catalogue = catalogue
        self.max_new_share = max_new_share
        self.test_size = test_size
        self.refit = refit
        self.random_state = random_state
        self.callback = callback
        self.half_life = half_life

    # every interaction counts the same: it takes no weights of rows
    @property
    def values_are_times(self) -> bool:
        """Whether the recommender that was taken reads values as times."""
        taken = getattr(self, "best_index_", None)
        return taken is not None and bool(self.candidates_[taken].time)

    @property
    def _shares_places(self) -> bool:
        limited = self.new_item_estimator_ is not None
        return limited or getattr(self.best_estimator_, "_shares_places", False)

    def _log_to_keep(self, log: Interactions) -> Interactions:
        if not hasattr(self, "best_index_") or self.values_are_times:
            return log
        return newest_pairs(log, times=self._history_half_life() is not None)

    def fit(  # type: ignore[override]
        self,
        X: Any,
        y: Any = None,
        *,
        sample_domain: ArrayLike | None = None,
        time: Any = None,
    ) -> AutoTransferRecommender:
        """Compare the candidates, take one, and fit it to everything.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items) or Interactions
            Interactions of the users of all markets; the same item, the same column.
            Every interaction counts the same for the held-out parts.
        y : object, default=None
            Not learned from: a search passes the held-out interactions here.
        sample_domain : array-like of shape (n_rows,), default=None
            Signed integers, positive = other market, negative = target. None: as
            Interactions say; else every row is of the target.
        time : {array-like, sparse matrix} of shape (n_rows, n_items), default=None
            When each interaction of the target took place: numbers above 0 that grow
            with time, or dates in a dense array or frame. Other markets are compared by
            their sequences too, where each of their interactions has a time. None: the
            times of Interactions.

        Returns
        -------
        self : AutoTransferRecommender
            The fitted recommender.

        Raises
        ------
        ValueError
            If the target has no interaction, no candidate learns from the target alone,
            or shapes do not agree.
        """
        check_parameters(self)
        self.__dict__.pop("best_estimator_", None)  # of an earlier fit
        self.__dict__.pop("best_index_", None)  # which says whether values are times
        X = self._validate_fit(X, y)
        if time is None and hasattr(self, "log_"):
            time = times_in_days(self.log_)
        data = self._training_data(X, self._domain_of_log(sample_domain), time)
        self.n_target_users_ = int((data.sample_domain < 0).sum())
        target = data.target
        self.sold_ = np.bincount(target.indices, minlength=X.shape[1]) > 0
        if not self.sold_.any():
            raise ValueError(
                f"{type(self).__name__} needs interactions of the target to choose by; "
                f"got {self.n_target_users_} target rows without any."
            )
        self.catalogue_ = self.sold_.copy()
        if self.catalogue == "all":
            self.catalogue_[:] = True
        items = np.flatnonzero(self.catalogue_)
        data = self._limited_content(data, items.size)
        self.candidates_ = self._aging(self._candidates(data, items.size), data)
        comparison = compare_candidates(
            self.candidates_,
            data.columns(items),
            self.test_size,
            int(self.random_state),
            self.callback,
        )
        choice = choose_candidate(self.candidates_, comparison.validation)
        self._keep_results(choice, comparison, items)
        if self.refit:
            if self.callback is not None:
                self.callback("final model")
            self._fit_best(data)
        if hasattr(self, "log_"):
            self.log_ = self._log_to_keep(self.log_)
        return self

    def _training_data(self, X: Any, sample_domain: Any, time: Any) -> TrainingData:
        """Interactions of all markets, those of the target last."""
        X = sparse.csr_array(X, copy=True)
        X.eliminate_zeros()
        domain = check_sample_domain(sample_domain, X.shape[0])
        target = domain_masks(domain, X.shape[0]).target
        if domain is None:
            domain = np.full(X.shape[0], -1)
        times = None if time is None else times_of_rows(X, time, target)
        keep = rows_without_copies(X, target)
        source_times = None
        if time is not None and all_timed(X, time, keep & ~target):
            source_times = times_of_rows(X, time, keep & ~target)
        X, domain, target = X[keep], domain[keep], target[keep]
        order = np.concatenate([np.flatnonzero(~target), np.flatnonzero(target)])
        content = self.item_features
        if content is not None:
            content = (
                sparse.csr_array(canonical_csr(content))
                if is_sparse(content)
                else np.asarray(content)
            )
            if content.ndim != 2 or content.shape[0] != X.shape[1]:
                raise ValueError(
                    "item_features must have a row for each column of X, "
                    f"{X.shape[1]}; got shape {content.shape}."
                )
        if not np.array_equal(order, np.arange(order.size)):
            X = X[order]
        return TrainingData(X, domain[order], times, content, source_times)

    def _limited_content(self, data: TrainingData, n_compared: int) -> TrainingData:
        """Leave out content that would need too large a matrix; begin the notes."""
        self.notes_ = []
        n_items = data.X.shape[1]
        if n_compared > MAX_DENSE:
            self.notes_.append(
                "EASE and the models for niche and new items hold a matrix of items by "
                f"items; they are left out with {n_compared} items (at most "
                f"{MAX_DENSE})."
            )
        if data.time is None:
            self.notes_.append(
                "The target has no times: sequences were not compared, and held-out "
                "interactions are drawn at random, not the latest."
            )
        if data.item_features is None or n_compared * n_items <= MAX_CONTENT:
            return data
        self.notes_.append(
            "The model with content holds a matrix of sold by all items; it is left "
            f"out with {n_compared} by {n_items}, and new items with it."
        )
        return data._replace(item_features=None)

    def _candidates(
        self, data: TrainingData, n_compared: int
    ) -> list[RecommenderCandidate]:
        if self.candidates is None:
            return default_recommenders(
                n_compared,
                sample_domain=data.sample_domain,
                content=data.item_features is not None,
                time=data.time is not None,
                source_time=data.source_time is not None,
                max_new_share=self.max_new_share,
            )
        found = checked_candidates(self.candidates)
        if not (data.sample_domain > 0).any():
            found = [c for c in found if not c.markets]
        if all(c.markets for c in found):
            raise ValueError(
                "One of the candidates at least must learn from the target alone, to "
                f"compare with; got {[c.name for c in found]}."
            )
        timed = [c.name for c in found if c.time]
        if timed and data.time is None:
            raise ValueError(f"{timed} need times of the interactions; got time=None.")
        timed = [c.name for c in found if c.time and c.markets]
        if timed and data.source_time is None:
            raise ValueError(
                f"{timed} need times of all interactions of all markets; some of other "
                "markets have none."
            )
        return found

    def _aging(
        self, candidates: list[RecommenderCandidate], data: TrainingData
    ) -> list[RecommenderCandidate]:
        """Candidates with the half-life that was given."""
        if self.half_life is None:
            return candidates
        if data.time is None and finite_half_life(self) is not None:
            refuse_half_life(self, "The target has no times.")
        return [
            c._replace(
                estimator=clone(c.estimator).set_params(half_life=self.half_life)
            )
            if not c.time and "half_life" in c.estimator.get_params(deep=False)
            else c
            for c in candidates
        ]

    def _half_life_of_values(self) -> None:
        return None  # they age where candidates read them

    def _history_half_life(self, *, of_candidates: bool = False) -> float | None:
        best = getattr(self, "best_estimator_", None)
        if self.values_are_times or not isinstance(best, BaseRecommender):
            return None
        return best._history_half_life(of_candidates=True)

    def _aged_history(self, X: Any, time: Any) -> Any:
        """Rows to serve, aged as the recommender that was taken ages them."""
        half_life = self._history_half_life()
        return X if time is None else aged(X, time, half_life)

    def _keep_results(
        self,
        choice: CandidateChoice,
        comparison: Comparison,
        catalogue: NDArray[np.int64],
    ) -> None:
        names = [c.name for c in self.candidates_]
        self.best_index_ = choice.best
        self.best_name_ = names[choice.best]
        self.target_name_ = names[choice.target]
        self.markets_name_ = None if choice.markets is None else names[choice.markets]
        self.reason_ = choice.reason
        self.validation_ndcg_ = comparison.validation
        self.test_ndcg_ = np.array([s.ndcg for s in comparison.test])
        rankings = np.array([s.items for s in comparison.test])
        self.test_rankings_ = np.append(catalogue, -1)[rankings]
        n_items = self.sold_.size
        held_out = comparison.held_out[comparison.rows]
        self.test_interactions_ = sparse.csr_array(
            (held_out.data, catalogue[held_out.indices], held_out.indptr),
            shape=(comparison.rows.size, n_items),
        )
        self.train_counts_ = np.zeros(n_items, dtype=np.int64)
        self.train_counts_[catalogue] = np.bincount(
            comparison.train.indices, minlength=catalogue.size
        )
        self.markets_help_ = markets_help(self.test_ndcg_, choice)
        self.conclusion_ = conclusion(self.test_ndcg_, choice, names)
        self.results_ = self._table(names, choice, comparison)

    def _table(
        self, names: list[str], choice: CandidateChoice, comparison: Comparison
    ) -> dict[str, list[Any]]:
        test = self.test_ndcg_
        gains = [gain_over(test, i, choice.target) for i in range(len(names))]
        return {
            "name": names,
            "markets": [c.markets for c in self.candidates_],
            "validation_ndcg": [_mean_or_nan(row) for row in self.validation_ndcg_],
            "test_ndcg": [_mean_or_nan(row) for row in test],
            "standard_error": [standard_error(row) for row in test],
            "gain": [gain for gain, _ in gains],
            "gain_interval": [interval for _, interval in gains],
            "seconds": [s.seconds for s in comparison.test],
        }

    def _fit_best(self, data: TrainingData) -> None:
        """Fit the candidate that was taken, and one for the items it does not know."""
        best = self.candidates_[self.best_index_]
        n_items = data.X.shape[1]
        if best.new_items:
            self.columns_ = np.arange(n_items)
        elif best.markets:
            taken = np.bincount(data.X.indices, minlength=n_items) > 0
            self.columns_ = np.flatnonzero(taken | self.catalogue_)
        else:
            self.columns_ = np.flatnonzero(self.catalogue_)
        part = data.columns(self.columns_)
        self.best_estimator_ = fit_candidate(best, part)
        self.market_weights_ = dict(
            getattr(self.best_estimator_, "market_weights_", {})
        )
        self.new_item_estimator_ = None
        self.new_item_scores_ = {}
        if best.new_items:
            self.known_ = np.ones(n_items, dtype=bool)
            self.new_item_scores_ = _validation_scores(self.best_estimator_)
            return
        w = row_weights(part.sample_domain, self.market_weights_, part.X.shape[0])
        learned = (w > 0) & (best.markets | (part.sample_domain < 0))
        self.known_ = np.zeros(n_items, dtype=bool)
        self.known_[self.columns_[np.unique(part.X[learned].indices)]] = True
        others = [
            c for c in self.candidates_ if c.new_items and c.markets == best.markets
        ]
        if others and not self.known_.all():
            self.new_item_estimator_ = fit_candidate(others[0], data)
            self.new_item_scores_ = _validation_scores(self.new_item_estimator_)

    def recommend(
        self,
        X: Any,
        k: int = 10,
        *,
        candidates: Any = None,
        exclude_seen: bool = True,
        catalogue: Any = None,
        as_frame: bool = False,
        time: Any = None,
    ) -> Any:
        """Rank items for each row by the recommender that was taken.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items), Interactions or \
                array-like of shape (n_users,)
            What the target users to serve have interacted with so far, or ids of users,
            as in :meth:`BaseRecommender.recommend`.
        k : int, default=10
            Number of items for each row.
        candidates : array-like, list of array-like or sparse matrix, default=None
            Items that may be recommended: ids or a boolean mask for all rows, or a list
            of ids or a sparse matrix for each row. None allows all.
        exclude_seen : bool, default=True
            Leave out items that the row has interacted with in X.
        catalogue : array-like, default=None
            Items that may be recommended to anybody: ids or a boolean mask.
        as_frame : bool, default=False
            Return a frame with the original ids, of the library that the log came in.
        time : {array-like, sparse matrix} of shape (n_rows, n_items), default=None
            Times of the interactions of X, read where the recommender that was taken
            knows the order of interactions. None: those of Interactions; the values of
            a matrix X are times.

        Returns
        -------
        items : ndarray of int64 of shape (n_rows, k)
            Columns of X, best first; -1 where fewer than k items are allowed.
        scores : ndarray of shape (n_rows, k)
            Their scores; ``-inf`` where there is no item, NaN for items that the
            recommender knows nothing of, which ``new_item_estimator_`` has placed.
        frame : data frame
            With `as_frame`, in place of both: "user", "item", "score" and "rank".
        """
        self._check_refitted()
        options = {"exclude_seen": exclude_seen, "time": time}
        return self._recommend(X, k, candidates, catalogue, as_frame, options)

    def _rank(
        self,
        X: Any,
        k: int,
        *,
        candidates: Any,
        exclude_seen: bool,
        time: Any = None,
    ) -> Ranking:
        """Rank items for each row of a matrix, or of a log over the items of `fit`."""
        if isinstance(X, Interactions):
            log = self._over_items_of_fit(X)
            X, time = log.matrix, times_in_days(log) if time is None else time
        X = self._validate_interactions(X, reset=False)
        options = {"exclude_seen": exclude_seen}
        candidates = readable_twice(candidates)
        allowed = allowed_items(candidates, self.known_, X.shape[0])
        if is_sparse(allowed):
            allowed = allowed[:, self.columns_]
        else:
            allowed = allowed[self.columns_]
        rows = self._known_columns(self._aged_history(X, time), time)
        items, scores = self.best_estimator_.recommend(
            rows, k, candidates=allowed, **options
        )
        items = np.append(self.columns_, -1)[items]
        if self.new_item_estimator_ is None:
            return items, scores
        ranks_all = _unlimited(self.new_item_estimator_)
        together = ranks_all.recommend(X, k, candidates=candidates, **options)
        items, scores = limit_new_items(
            (items, scores), together, ~self.known_, max_share=self.max_new_share
        )
        unknown = (items >= 0) & ~self.known_[items]
        return items, np.where(unknown, np.nan, scores)

    def _model_and_served(self) -> tuple[Any, NDArray[np.bool_]]:
        self._check_refitted()
        return self.best_estimator_, self.known_

    def _check_refitted(self) -> None:
        if hasattr(self, "results_") and not hasattr(self, "best_estimator_"):
            raise NotFittedError(
                f"{type(self).__name__} was fitted with refit={self.refit}: it has "
                "compared recommenders and kept none. Fit it with refit=True, or fit "
                "candidates_[best_index_].estimator."
            )
        check_is_fitted(self, "best_estimator_")

    def _known_columns(self, X: Any, time: Any) -> Any:
        """Rows of the items that the recommender was fitted to, or their times."""
        if self.candidates_[self.best_index_].time and time is not None:
            time, _ = time_matrix(time)
            if time.shape != X.shape:
                raise ValueError(
                    f"time must have the shape of X, {X.shape}; got {time.shape}."
                )
            X = time
        return X if self.columns_.size == X.shape[1] else X[:, self.columns_]

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            ``-inf`` for items that the recommender knows nothing of.
        """
        self._check_refitted()
        known = self.best_estimator_.predict(self._known_columns(X, None))
        scores = np.full(X.shape, -np.inf, dtype=known.dtype)
        scores[:, self.columns_] = known
        scores[:, ~self.known_] = -np.inf
        return scores


def _mean_or_nan(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")


def _unlimited(model: Any) -> Any:
    """The recommender inside one that limits new items or weighs markets."""
    while isinstance(model, MarketWeightedRecommender | NewItemLimiter):
        model = model.estimator_
    return model


def _validation_scores(model: Any) -> dict[str, float]:
    return dict(getattr(_unlimited(model), "validation_scores_", {}))
