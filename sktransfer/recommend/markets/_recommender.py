"""TransferRecommender: one market served from the interactions of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from sktransfer._core.domains import check_sample_domain, domain_masks
from sktransfer._core.logs.interactions import HALF_LIFE, Interactions
from sktransfer._core.logs.views import newest_pairs, times_in_days
from sktransfer._core.parameters import (
    HasMethods,
    check_parameters,
    integer,
    number,
    one_of,
)
from sktransfer._core.progress import begin_step, reports_progress
from sktransfer._core.sparse import nonzero_entries
from sktransfer.recommend._allowed_items import AllowedItems, rank_listed
from sktransfer.recommend._base import BaseRecommender, reads_times, score_dtype
from sktransfer.recommend._logs import finite_half_life, refuse_half_life
from sktransfer.recommend._score_parts import ScoresOfColumns
from sktransfer.recommend._scores import (
    check_recommender_part,
    mean_and_deviation,
    predicted_scores,
)
from sktransfer.recommend.collaborative._blend import BlendRecommender
from sktransfer.recommend.markets._aging import HalfLives
from sktransfer.recommend.markets._catalogue import check_catalogue, items_taken
from sktransfer.recommend.markets._copies import rows_without_copies
from sktransfer.recommend.markets._market_choice import MarketChoice, fit_choices
from sktransfer.recommend.markets._settings import market_settings
from sktransfer.recommend.markets._stacking import fit_stacked_ranker
from sktransfer.recommend.markets._training import MarketRows
from sktransfer.recommend.markets._trials import HoldOutPlan
from sktransfer.recommend.markets._unsold_items import UnsoldItems
from sktransfer.recommend.markets._validation import (
    POPULARITY_WEIGHTS,
    choose_settings,
)


class TransferRecommender(ScoresOfColumns, BaseRecommender):
    r"""Recommender of a target market that also learns from other markets.

    The rows of all markets, over shared item columns, train one recommender, in which a
    row of the target counts 1 and a row of a source market the weight of its market; or
    one recommender for each market, whose scores are added; or both.
    Weights are chosen on held-out interactions of target users, the target alone among
    them, so that a market with other tastes counts little or not at all however large
    it is. The popularity in the target is added to the scores.

    Parameters
    ----------
    estimator : recommender, default=None
        A recommender of this package, or any estimator whose ``fit(X,
        sample_weight=...)`` and ``predict(X)`` take interactions and score every
        column. None for ``BlendRecommender()``: neighbours, EASE
        and random walks.
    weighting : str, mapping or None, default="validated"
        Weight of the rows of each source market. "validated", "similarity", "item", or
        the weight of each domain, positive numbers. "similarity": by the similarity
        :math:`\rho` of item profiles, corrected for sampling noise, see Notes. "item":
        1, but only in the share :math:`10 / (10 + n)` of the score of an item, n its
        users in the target; the rest is the score of the target alone. "validated":
        what ranks held-out interactions of target users best among :math:`\rho` itself,
        the weights by similarity, and 1 and .05 for every market; 0 where none gains
        more than a standard error over the target alone. A mapping gives the weight of
        each (positive) domain. None counts every market 1.
    popularity_weight : "validated", float or None, default=None
        Weight of the popularity of an item among target users: the logarithm of 1 plus
        their number, standardised over items, in standard deviations of the scores of
        a row. "validated" takes the smallest of 0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7 and 1
        that is within a standard error of the best on held-out interactions. None:
        "validated" for the default estimator, 0 for one that is given.
    catalogue : {"target", "all"} or array-like, default="target"
        Items that may be recommended: those that occur in target rows of `fit`; all
        columns; or a boolean mask of shape (n_items,) or an array of item ids, original
        ones where `fit` is given Interactions. Give the
        catalogue if you know it: it may hold new items that other markets have sold.
        With "target", items passed by name to `recommend` that other markets alone have
        sold are ranked by their neighbours in all markets, after all others where the
        target alone ranks best, unless `n_negatives` is None.
    stacking : classifier, "gradient_boosting" or None, default=None
        Rank by a classifier of scikit-learn that learns, from held-out interactions and
        99 other items of the catalogue each, to weigh the scores of the models with
        and without other markets, the similarity to the items of the user, the
        popularity in each market and the activity of the user. It is trained on scores
        of models that have not seen the held-out interactions, those of one half of the
        users at a time.
        "gradient_boosting" for ``HistGradientBoostingClassifier``. Best with
        ``recommend(..., candidates=...)``: it scores pairs, which takes time.
    n_negatives : int or None, default=99
        Number of candidates of a user, as they will be passed to `recommend`. How
        markets count is chosen twice: by ranking held-out interactions among all items
        of the catalogue that the user has not taken, which is what `recommend` does
        without candidates, or with a `catalogue`; and among so many of them, for
        candidates: other markets are worth more among few items than among all. None:
        the first choice serves both.
    fusion : {"rows", "scores", "both"} or None, default=None
        How markets are joined. "rows": one model of the weighted rows of all markets.
        "scores": a model of each market, scores added with the root of the weights of
        the markets (in each part of a blend), so that a large market does not outvote
        the target on the items that it knows well. "both": the mean of the two,
        standardised. None: "rows", but where weights are validated, "both" and "scores"
        with the weights :math:`\rho` are tried as well.
    random_state : int, RandomState instance or None, default=0
        Draws what is held out, where no times are known, and what it is ranked among.
    half_life : "validated", float or None, default="validated"
        Age at which an interaction counts half, in the unit of the times of
        Interactions, days where these are dates: in what the recommender is fitted to,
        in the rows to serve, and in the popularity. "validated", where times are known:
        for each of the three none, or a share of the median age of the interactions of
        the target, by what ranks held-out interactions best from the target alone.
        None: all count the same; with `stacking` they do.

    Attributes
    ----------
    estimator_ : estimator
        The fitted recommender, over the columns ``columns_``.
    market_weights_ : dict of int to float
        Weight of each source domain; empty where `fit` was given no domains.
    market_similarity_ : dict of int to float
        Similarity of each source domain to the target, from 0 to 1; set where the
        weights rest on it.
    item_shares_ : ndarray of shape (n_columns,) or None
        Share of all markets together in the score of each of ``columns_``; None where
        it is the same for every item.
    popularity_weight_ : float
        Weight of the popularity in the target.
    catalogue_ : ndarray of bool of shape (n_items,)
        Items that may be recommended.
    columns_ : ndarray of int64
        Items that the model knows: the catalogue and what target rows hold.
    validation_scores_ : dict of str to float
        nDCG@10 of held-out interactions among the whole catalogue by market weights
        ("target", "both", "scores", "correlation", "similarity", "pooled", "lightly";
        "item"; "given"); set where something was chosen on held-out interactions.
    candidates_choice_ : MarketChoice
        The same attributes, without "_" at the end, of what ranks the candidates of
        :meth:`recommend`; chosen among `n_negatives` items.
    fusion_ : {"rows", "scores", "both"}
        How markets were joined.
    half_lives_ : HalfLives
        Named tuple of `fit`, `history` (of the users to serve) and `popularity`: ages
        at which interactions count half, None where they do not age.
    stacker_ : StackedRanker or None
        The fitted classifier and its features.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    BlendRecommender : The default recommender.
    EASERecommender : Recommender of one market.
    sktransfer.TransferClassifier : Transfer of labels instead of interactions.

    Notes
    -----
    The profile of an item holds the items it is taken together with, beyond what
    popularity and activity explain; :math:`\rho` is the correlation of the profiles of
    two markets, with the products of a user with herself left out, which corrects it
    for sampling noise. If the target's tastes are drawn around those of the source with
    that correlation, the best estimate adds each source row with weight :math:`w = \rho
    q / (1 + q - \rho^2)`, q the noise of the source in units of its signal: 1 for equal
    markets, else less the larger the source is. A market counts :math:`\rho` where all
    its interactions are at most half of the target's, which it then cannot outvote.

    With ``sample_domain=None`` every row is a target row. Several target markets are
    served by one model: their rows count 1 each, and their catalogues are joined; fit
    one model for each where catalogues must not mix. The domain is not needed to
    predict: whoever is served is a target user. Interactions with items outside
    ``columns_`` are not used.

    A source may hold rows of the target by mistake, such as a log of all markets. What
    is held out of them would be known, so that sources seem to help. Where source rows
    hold all interactions of at least 2 % of the target rows of five interactions or
    more, beyond chance, they are left out, with a warning, unless nothing is chosen or
    learned from held-out interactions.

    "validated" fits the estimator five times more, and once to each market alone; once
    more if the weight of popularity is all that is chosen. With fewer than 5,000 usable
    target rows this is repeated, up to five times in all. Both choices rest on the same
    models; where they differ, two are kept. With fewer than 20
    target rows of two interactions nothing is validated: markets are weighted by
    similarity, and popularity by 0.1. At most 10,000 rows are used. What is held out of
    a row, and what it is ranked among, depends on the items of the row and not on its
    position.

    References
    ----------
    H. Bonab, M. Aliannejadi, A. Vardasbi, E. Kanoulas and J. Allan, "Cross-Market
    Product Recommendation", CIKM 2021 (the task).

    Examples
    --------
    >>> from sktransfer import TransferRecommender
    >>> from sktransfer.datasets import make_market_interactions
    >>> shop = make_market_interactions(n_users=(400, 40), n_items=60)
    >>> model = TransferRecommender()
    >>> model = model.fit(shop.data, sample_domain=shop.sample_domain)
    >>> items, scores = model.recommend(shop.data[shop.sample_domain < 0], k=3)
    >>> items.shape
    (40, 3)
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _part_examples: ClassVar[dict[str, str]] = {
        "estimator": "BlendRecommender()",
        "stacking": "HistGradientBoostingClassifier()",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "weighting": [one_of("similarity", "item", "validated"), Mapping, None],
        "popularity_weight": [
            one_of("validated"),
            number(0),
            None,
        ],
        "catalogue": [one_of("target", "all"), "array-like"],
        "stacking": [
            one_of("gradient_boosting"),
            HasMethods(["fit", "predict_proba"]),
            None,
        ],
        "n_negatives": [integer(1), None],
        "fusion": [one_of("rows", "scores", "both"), None],
        "random_state": ["random_state"],
        "half_life": [one_of("validated"), HALF_LIFE, None],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        weighting: str | Mapping[int, float] | None = "validated",
        popularity_weight: str | float | None = None,
        catalogue: str | ArrayLike = "target",
        stacking: Any = None,
        n_negatives: int | None = 99,
        fusion: str | None = None,
        random_state: int | np.random.RandomState | None = 0,
        half_life: str | float | None = "validated",
    ) -> None:
        self.estimator = estimator
        self.weighting = weighting
        self.popularity_weight = popularity_weight
        self.catalogue = catalogue
        self.stacking = stacking
        self.n_negatives = n_negatives
        self.fusion = fusion
        self.random_state = random_state
        self.half_life = half_life

    @property
    def values_are_times(self) -> bool:
        """Whether `estimator` reads values as times."""
        return reads_times(self.estimator)

    @reports_progress
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> TransferRecommender:
        """Weigh the markets and train the recommender on all of them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items) or Interactions
            Interactions of the users of all markets; the same item, the same column.
        y : object, default=None
            Not learned from: a search passes the held-out interactions here.
        sample_weight : array-like of shape (n_rows,), default=None
            Non-negative weights of the rows, multiplied with those of the markets.
        sample_domain : array-like of shape (n_rows,), default=None
            Signed integers, positive = source market, negative = target market. None:
            as Interactions say; else every row is of the target.

        Returns
        -------
        self : TransferRecommender
            The fitted recommender.
        """
        check_parameters(self)
        X = self._validate_fit(X, y)
        sample_domain = self._domain_of_log(sample_domain)
        self.__dict__.pop("market_similarity_", None)  # of an earlier fit
        rows = self._market_rows(X, sample_weight, sample_domain)
        estimator = self._estimator(rows.X)
        seed = check_random_state(self.random_state).randint(2**31 - 3)
        plan = HoldOutPlan(
            self.catalogue_[self.columns_], self.n_negatives, seed, rows.times
        )
        settings, similarity = market_settings(rows, self.weighting, self.fusion)
        if similarity is not None:
            self.market_similarity_ = similarity
        n_steps = 2 + (self.stacking is not None)
        begin_step("validate the settings", of=n_steps)
        chosen = choose_settings(
            rows,
            estimator,
            settings,
            self._popularity_weights(),
            plan,
            self._given_half_lives(rows),
        )
        begin_step("fit with what was chosen")
        choices, pooled = fit_choices(rows, estimator, settings, chosen)
        self._choice, self.candidates_choice_ = choices
        for name, value in self._choice._asdict().items():
            setattr(self, f"{name}_", value)
        if self._choice.validation_scores is None:
            del self.validation_scores_
        ages = any(c.half_lives.history for c in choices) or self.values_are_times
        if hasattr(self, "log_") and not ages:
            self.log_ = newest_pairs(self.log_, times=False)
        of_popularity = {choice.half_lives.popularity for choice in choices}
        self._popularity = {h or 0.0: rows.popularity(h) for h in of_popularity}
        self.stacker_ = None
        if self.stacking is not None:
            begin_step("train the stacker")
            self.stacker_ = fit_stacked_ranker(
                rows,
                estimator,
                self.stacking,
                self.candidates_choice_.market_weights,
                plan,
                pooled,
            )
        return self

    def _given_half_lives(self, rows: MarketRows) -> HalfLives | None:
        """Half-lives that are given, or none where there are no times; else None."""
        if self.stacking is not None:
            refuse_half_life(self, "A stacker learns from interactions that count 1.")
            return HalfLives()
        if self.half_life == "validated" and not self.values_are_times:
            return None if rows.times is not None else HalfLives()
        half_life = finite_half_life(self)
        if half_life is not None and self.values_are_times:
            refuse_half_life(self, "The estimator learns from the times themselves.")
        if half_life is not None and rows.times is None:
            refuse_half_life(self, "There are no times.")
        return HalfLives(half_life, half_life, half_life)

    def _market_rows(
        self, X: Any, sample_weight: Any, sample_domain: Any
    ) -> MarketRows:
        """Rows of all markets over the items of the target: sets ``columns_``."""
        domain = check_sample_domain(sample_domain, X.shape[0])
        target = domain_masks(domain, X.shape[0]).target
        w = self._row_weights(X, sample_weight)
        times = X if self.values_are_times else None
        if hasattr(self, "log_") and times is None:
            times = times_in_days(self.log_)
        if domain is not None and self._learns_how_much_markets_count():
            keep = rows_without_copies(X, target)
            if not keep.all():
                X, w, domain, target = X[keep], w[keep], domain[keep], target[keep]
                times = times if times is None else times[keep]
        taken = items_taken(X, target & (w > 0), type(self).__name__)
        self.catalogue_ = check_catalogue(self._columns_of(self.catalogue), taken)
        self.columns_ = np.flatnonzero(self.catalogue_ | taken)
        self._unsold = None
        if isinstance(self.catalogue, str) and self.n_negatives is not None:
            self._unsold = UnsoldItems(X, w, self.columns_)
        X = _columns(X, self.columns_)
        times = times if times is None else _columns(times, self.columns_)
        weighted = sample_weight is not None
        return MarketRows(X, w, domain, target, weighted, times)

    def _learns_how_much_markets_count(self) -> bool:
        """Whether anything rests on held-out interactions or a similarity of rows."""
        return (
            self.weighting in ("validated", "similarity")
            or len(self._popularity_weights()) > 1
            or self.stacking is not None
        )

    def _estimator(self, X: Any) -> Any:
        """The recommender, not fitted; the parts of a blend the same in each market."""
        estimator = BlendRecommender() if self.estimator is None else self.estimator
        check_recommender_part(estimator, "estimator of TransferRecommender")
        if hasattr(estimator, "with_estimators"):
            return estimator.with_estimators(X)
        return estimator

    def _popularity_weights(self) -> tuple[float, ...]:
        """Weights of popularity to choose from."""
        weight = self.popularity_weight
        if weight is None:
            weight = "validated" if self.estimator is None else 0.0
        return (float(weight),) if not isinstance(weight, str) else POPULARITY_WEIGHTS

    def _log_to_keep(self, log: Interactions) -> Interactions:
        return log if self.values_are_times else newest_pairs(log, times=True)

    def _half_life_of_values(self) -> None:
        return None  # they age where they are read

    def _history_half_life(self, *, of_candidates: bool = False) -> float | None:
        choice = self.candidates_choice_ if of_candidates else self._choice
        return choice.half_lives.history

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            Higher is better, ``-inf`` outside the catalogue.
        """
        if self.stacker_ is None:
            known = self._known_scores(X, self._choice)
        else:
            every = np.arange(self.columns_.size)
            known = self.stacker_.scores(
                _columns(X, self.columns_),
                np.broadcast_to(every, (X.shape[0], every.size)),
            )
        scores = np.full(X.shape, -np.inf, dtype=score_dtype(X))
        scores[:, self.columns_] = known
        scores[:, ~self.catalogue_] = -np.inf
        return scores

    def _known_scores(self, X: Any, choice: MarketChoice) -> NDArray[np.floating]:
        """Scores of ``columns_``."""
        known = predicted_scores(choice.estimator, _columns(X, self.columns_))
        if choice.popularity_weight == 0:
            return known
        _, deviation = mean_and_deviation(known)
        popularity = self._popularity[choice.half_lives.popularity or 0.0]
        popularity = choice.popularity_weight * popularity
        return known + deviation * popularity.astype(known.dtype)

    def _model_and_served(self) -> tuple[Any, NDArray[np.bool_]]:
        return self._choice.estimator, self.catalogue_

    def _contributions(self, X: Any, item: int) -> NDArray[np.float64]:
        if self.stacker_ is None:
            return super()._contributions(X, item)
        return BaseRecommender._contributions(self, X, item)

    def _scores_to_rank(self, X: Any, allowed: AllowedItems) -> NDArray[np.floating]:
        """Scores of all items; of named ones also where only other markets sold any."""
        if allowed.all:
            return self.score_items(X)
        choice = self.candidates_choice_ if allowed.as_candidates else self._choice
        scores = np.full(X.shape, -np.inf, dtype=score_dtype(X))
        known = self._known_scores(X, choice)
        scores[:, self.columns_] = known
        if self._unsold is None:
            scores[:, ~self.catalogue_] = -np.inf
            return scores
        scores[:, self._unsold.columns] = self._unsold.scores(
            X, known, after_known=not any(choice.market_weights.values())
        )
        return scores

    def _rank_block(
        self, X: Any, k: int, allowed: AllowedItems, rows: slice, exclude_seen: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        if self.stacker_ is None or allowed.all:
            return super()._rank_block(X, k, allowed, rows, exclude_seen)
        # the classifier scores candidates alone
        items = allowed.listed(rows)
        seen = np.zeros(X.shape, dtype=bool)
        if exclude_seen:
            seen[nonzero_entries(X)] = True
        place = np.zeros(X.shape[1], dtype=np.int64)
        place[self.columns_] = np.arange(self.columns_.size)
        may = (items >= 0) & self.catalogue_[items]
        may &= ~np.take_along_axis(seen, np.maximum(items, 0), axis=1)
        scores = self.stacker_.scores(_columns(X, self.columns_), place[items])
        scores = np.where(may, scores, -np.inf).astype(score_dtype(X))
        return rank_listed(items, scores, k)


def _columns(X: Any, columns: NDArray[np.int64]) -> Any:
    return X if columns.size == X.shape[1] else X[:, columns]
