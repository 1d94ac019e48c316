"""AutoTransferRecommender: compare recommenders, and know when markets help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.logs.interactions import HALF_LIFE
from sktransfer._core.logs.views import times_in_days
from sktransfer._core.parameters import check_parameters, integer, number, one_of
from sktransfer._core.progress import begin_step, reports_progress
from sktransfer.recommend._logs import refuse_half_life
from sktransfer.recommend.auto._candidate_list import (
    candidates_to_compare,
    with_half_life,
)
from sktransfer.recommend.auto._choice import (
    CandidateChoice,
    choose_candidate,
    conclusion,
    markets_help,
    results_table,
)
from sktransfer.recommend.auto._comparison import (
    Comparison,
    compare_candidates,
    over_all_items,
)
from sktransfer.recommend.auto._served_candidate import fit_to_serve
from sktransfer.recommend.auto._taken_recommender import TakenRecommender
from sktransfer.recommend.auto._training_data import (
    TrainingData,
    limit_content,
    training_data,
)


class AutoTransferRecommender(TakenRecommender):
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
        Items that candidates are compared on, and that are recommended: those that the
        target has sold, or all columns of X.
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
        Those of them that it has seen an interaction of.
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

    What is compared is what is served: the items of the catalogue, ranked by one and
    the same model, of :class:`TransferRecommender` by its choice for the whole
    catalogue. Candidates that are passed to :meth:`recommend` are ranked by the same
    scores. Items outside the catalogue are ranked where they are passed by name and
    other markets have sold them: by their neighbours in all markets, after all others
    where the model taken learns from the target alone.

    With content, an item that ``best_estimator_`` knows nothing of stands where the
    recommender with content, which ranks all items together, puts it, in a limited
    share of the places. It then has the score NaN, as scores of two recommenders cannot
    be compared.

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
    @reports_progress
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
        domain = self._domain_of_log(sample_domain)
        data = training_data(X, domain, time, self.item_features)
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
        data, self.notes_ = limit_content(data, items.size)
        found = candidates_to_compare(
            self.candidates, data, items.size, self.max_new_share
        )
        if data.time is None:
            refuse_half_life(self, "The target has no times.")
        self.candidates_ = with_half_life(found, self.half_life)
        begin_step("score candidates on the test part", of=2 + bool(self.refit))
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
            begin_step(f"fit {self.best_name_!r} to everything")
            if self.callback is not None:
                self.callback("final model")
            self._fit_best(data)
        if hasattr(self, "log_"):
            self.log_ = self._log_to_keep(self.log_)
        return self

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
        self.test_rankings_, self.test_interactions_, self.train_counts_ = (
            over_all_items(comparison, catalogue, self.sold_.size)
        )
        self.markets_help_ = markets_help(self.test_ndcg_, choice)
        self.conclusion_ = conclusion(self.test_ndcg_, choice, names)
        self.results_ = results_table(self.candidates_, choice, comparison)

    def _fit_best(self, data: TrainingData) -> None:
        """Fit the candidate that was taken, and one for the items it does not know."""
        best = self.candidates_[self.best_index_]
        served = fit_to_serve(self.candidates_, best, data, self.catalogue_)
        self._served = served
        self.best_estimator_ = served.taken.model
        self.columns_, self.known_ = served.columns, served.known
        self.market_weights_ = served.market_weights
        new_items = served.new_items
        self.new_item_estimator_ = None if new_items is None else new_items.model
        self.new_item_scores_ = served.new_item_scores
