"""Recommendation in one market from the interactions of several."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from sktransfer._core.domains import check_sample_domain, domain_masks
from sktransfer._core.topk import top_k
from sktransfer.recommend._base import (
    BaseRecommender,
    Candidates,
    padded_rows,
    stored_pattern,
)
from sktransfer.recommend.collaborative._blend import (
    BlendRecommender,
    default_blend,
    row_spread,
)
from sktransfer.recommend.markets._held_out import HiddenDraw, hide_one, rows_to_hide
from sktransfer.recommend.markets._settings import market_settings
from sktransfer.recommend.markets._shares import (
    MarketSetting,
    of_all_rows,
    train_setting,
)
from sktransfer.recommend.markets._stacking import StackedRanker
from sktransfer.recommend.markets._training import MarketRows
from sktransfer.recommend.markets._validation import among_all, choose_markets

PRIORS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
_MAX_VALIDATED = 10_000
_MAX_STACKED = 10_000  # 100 pairs each
_MIN_VALIDATED = 20  # fewer say nothing
_OTHERS = 99  # to stack
_MAX_LISTED = 20_000_000  # hidden items and those they are ranked among
_MAX_AMONG_ALL = 2000  # rows
_HIDDEN = 5000  # interactions, where rows are fewer each of them up to 5 times
_PRIOR = 0.1  # where there is nothing to validate it on


class TransferRecommender(BaseRecommender):
    r"""Recommender of a target market that also learns from other markets.

    The rows of all markets, over shared item columns, train one recommender, in which a
    row of the target counts 1 and a row of a source market the weight of its market; or
    one recommender for each market, whose scores are added; or both.
    Weights are chosen on hidden interactions of target users, the target alone among
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
        what ranks hidden interactions of target users best among :math:`\rho` itself,
        the weights by similarity, and 1 and .05 for every market; 0 where none gains
        more than a standard error over the target alone. A mapping gives the weight of
        each (positive) domain. None counts every market 1.
    popularity : "validated", float or None, default=None
        Weight of the popularity of an item among target users: the logarithm of 1 plus
        their number, standardised over items, in standard deviations of the scores of
        a row. "validated" takes the smallest of 0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7 and 1
        that is within a standard error of the best on hidden interactions. None:
        "validated" for the default estimator, 0 for one that is given.
    catalogue : {"target", "all"} or array-like, default="target"
        Items that may be recommended: those that occur in target rows of `fit`; all
        columns; or a boolean mask of shape (n_items,) or an array of item ids. A
        catalogue that is known holds new items too, which other markets may know.
    stacking : classifier, "gradient_boosting" or None, default=None
        Rank by a classifier of scikit-learn that learns, from hidden interactions and
        99 other items of the catalogue each, to weigh the scores of the models with
        and without other markets, the similarity to the items of the user, the
        popularity in each market and the activity of the user. Its training scores
        come from models that have not seen what is hidden, of one half of the users
        at a time.
        "gradient_boosting" for ``HistGradientBoostingClassifier``. Best with
        ``recommend(..., candidates=...)``: it scores pairs, which takes time.
    n_negatives : int or None, default=99
        Number of other items of the catalogue, which a user does not hold, that each
        hidden interaction is ranked among. None: all of them, which is what
        `recommend` does without candidates. Other markets are worth more among few
        items than among all.
    fusion : {"rows", "scores", "both"} or None, default=None
        How markets are joined. "rows": one model of the weighted rows of all markets.
        "scores": a model of each market, scores added with the root of the weights of
        the markets (in each part of a blend), so that a large market does not outvote
        the target on the items that it knows well. "both": the mean of the two,
        standardised. None: "rows", but where weights are validated, "both" and "scores"
        with the weights :math:`\rho` are tried as well.
    random_state : int, RandomState instance or None, default=0
        Draws the interactions that are hidden.

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
        nDCG@10 of hidden interactions among other items by market weights ("target",
        "both", "scores", "correlation", "similarity", "pooled", "lightly"; "item";
        "given"); set where something was chosen on hidden interactions.
    catalogue_scores_ : dict of str to float
        nDCG@10 of hidden interactions among the whole catalogue, of "target" and of
        what was chosen among `n_negatives` items; set where they differ. A warning says
        where the target alone is better by more than a standard error.
    fusion_ : {"rows", "scores", "both"}
        How markets were joined.
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
    The profile of an item says which items it is taken together with beyond what
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

    "validated" fits the estimator five times more, and once to each market alone; the
    popularity once more where it is all that is chosen; up to five times as often where
    fewer than 5,000 target rows can be looked at. Where the catalogue is larger than
    `n_negatives`, target and choice are fitted once more and compared among all items,
    with the popularity of the choice. Nothing is validated on fewer than 20 target rows
    with two interactions: markets then weigh by similarity, and popularity 0.1. At most
    10,000 rows are looked at. What is hidden of a row, and what it is ranked among,
    depends on its items and not on where it stands.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "weighting": [StrOptions({"similarity", "item", "validated"}), Mapping, None],
        "popularity": [
            StrOptions({"validated"}),
            Interval(Real, 0, None, closed="left"),
            None,
        ],
        "catalogue": [StrOptions({"target", "all"}), "array-like"],
        "stacking": [
            StrOptions({"gradient_boosting"}),
            HasMethods(["fit", "predict_proba"]),
            None,
        ],
        "n_negatives": [Interval(Integral, 1, None, closed="left"), None],
        "fusion": [StrOptions({"rows", "scores", "both"}), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        weighting: str | Mapping[int, float] | None = "validated",
        popularity: str | float | None = None,
        catalogue: str | ArrayLike = "target",
        stacking: Any = None,
        n_negatives: int | None = 99,
        fusion: str | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.estimator = estimator
        self.weighting = weighting
        self.popularity = popularity
        self.catalogue = catalogue
        self.stacking = stacking
        self.n_negatives = n_negatives
        self.fusion = fusion
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
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
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            Interactions of the users of all markets; the same item, the same column.
        y : object, default=None
            Not learned from: a search passes the held-out interactions here.
        sample_weight : array-like of shape (n_rows,), default=None
            Non-negative weights of the rows, multiplied with those of the markets.
        sample_domain : array-like of shape (n_rows,), default=None
            Signed integers, positive = source market, negative = target market. None
            means that every row is of the target.

        Returns
        -------
        self : TransferRecommender
            The fitted recommender.
        """
        X = self._validate_fit(X, y)
        for name in ("market_similarity_", "validation_scores_", "catalogue_scores_"):
            vars(self).pop(name, None)  # of an earlier fit
        n_rows = X.shape[0]
        domain = check_sample_domain(sample_domain, n_rows)
        target = domain_masks(domain, n_rows).target
        w = self._row_weights(X, sample_weight)
        seen = self._target_items(X, target & (w > 0))
        self.catalogue_ = self._catalogue(seen)
        self.columns_ = np.flatnonzero(self.catalogue_ | seen)
        known = _columns(X, self.columns_)
        settings = {"target": MarketSetting({})}
        if domain is not None and not target.all():
            settings, similarity = market_settings(
                known, w, domain, self.weighting, self.fusion
            )
            if similarity is not None:
                self.market_similarity_ = similarity
        rows = MarketRows(known, w, domain, target, sample_weight is not None)
        base = self._base(known)
        seed = check_random_state(self.random_state).randint(2**31 - 3)
        setting = settings[self._choose(rows, base, settings, seed)]
        self.market_weights_ = setting.weights
        self.fusion_ = setting.fusion
        self.estimator_ = train_setting(rows, base, setting)
        self.item_shares_ = getattr(self.estimator_, "shares", None)
        self._prior = rows.popularity()
        self.stacker_ = None
        if self.stacking is not None:
            self.stacker_ = self._stack(rows, base, seed)
        return self

    def _base(self, X: Any) -> Any:
        """The recommender, not fitted; a blend of the same parts for every market."""
        base = BlendRecommender() if self.estimator is None else self.estimator
        if isinstance(base, BlendRecommender) and base.estimators is None:
            estimators, weights = default_blend(X)
            weights = weights if base.weights is None else base.weights
            base = BlendRecommender(estimators, weights=weights)
        return base

    def _target_items(self, X: Any, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Items with an interaction in the target."""
        seen = np.zeros(X.shape[1], dtype=bool)
        seen[stored_pattern(X[rows])[1]] = True
        if not seen.any():
            raise ValueError(
                f"{type(self).__name__} needs interactions of the target market to "
                f"fit; got {int(rows.sum())} target row(s) (negative sample_domain, "
                "weight above 0) without any. Add target users, or fit the estimator "
                "on the source rows alone."
            )
        return seen

    def _catalogue(self, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if isinstance(self.catalogue, str):
            return seen if self.catalogue == "target" else np.ones_like(seen)
        items = np.asarray(self.catalogue)
        if items.dtype.kind == "b" and items.shape == seen.shape and items.any():
            return items.copy()
        ids_fit = items.ndim == 1 and items.size > 0 and items.dtype.kind in "iu"
        if not ids_fit or items.min() < 0 or items.max() >= seen.size:
            raise ValueError(
                'catalogue must be "target", "all", a boolean mask of shape '
                f"({seen.size},) or an array of item ids from 0 to {seen.size - 1}, "
                f"with an item at least; got shape {items.shape}, dtype {items.dtype}."
            )
        catalogue = np.zeros_like(seen)
        catalogue[items] = True
        return catalogue

    def _choose(
        self,
        rows: MarketRows,
        base: Any,
        settings: dict[str, MarketSetting],
        seed: int,
    ) -> str:
        """Choose market weights and that of popularity on hidden interactions."""
        popularity = self.popularity
        if popularity is None:
            popularity = "validated" if self.estimator is None else 0.0
        priors = PRIORS if popularity == "validated" else (float(popularity),)
        default = next(s for s in ("similarity", *settings) if s in settings)
        self.popularity_weight_ = priors[0] if len(priors) == 1 else _PRIOR
        if len(settings) == len(priors) == 1:
            return default
        shown = self.catalogue_[self.columns_]
        n_others = int(shown.sum()) if self.n_negatives is None else self.n_negatives
        most = max(_MIN_VALIDATED, min(_MAX_VALIDATED, _MAX_LISTED // n_others))
        X, usable = self._rows_to_hide(rows, most, seed)
        if usable.size < _MIN_VALIDATED:
            return default
        n_draws = min(5, -(-_HIDDEN // usable.size), most // usable.size)
        trials = [
            hide_one(X, usable, shown, n_others, seed, draw) for draw in range(n_draws)
        ]
        choice = choose_markets(rows, base, settings, priors, trials)
        self.validation_scores_ = choice.scores
        self.popularity_weight_ = choice.popularity
        n_items = int(shown.sum())
        if "target" in settings and choice.setting != "target" and n_others < n_items:
            most = min(_MAX_AMONG_ALL, max(_MIN_VALIDATED, _MAX_LISTED // n_items))
            X, usable = self._rows_to_hide(rows, most, seed)
            hidden = hide_one(X, usable, shown, n_items, seed)
            found = among_all(rows, base, settings, choice, hidden)
            self.catalogue_scores_ = found.scores
            if found.worse:
                self._warn_of_catalogue(choice.setting, n_items)
        return choice.setting

    def _warn_of_catalogue(self, setting: str, n_items: int) -> None:
        alone, chosen = (self.catalogue_scores_[s] for s in ("target", setting))
        warnings.warn(
            f"Weights of markets were chosen by ranking among {self.n_negatives} other "
            f"items. Among all {n_items} items of the catalogue they rank worse than "
            f"the target alone does (nDCG@10 {chosen:.3f}, target {alone:.3f}). Set "
            "n_negatives=None to recommend without candidates.",
            UserWarning,
            stacklevel=5,
        )

    def _rows_to_hide(
        self, rows: MarketRows, n: int, seed: int
    ) -> tuple[Any, NDArray[np.int64]]:
        """Interactions without stored zeros, and at most n rows to hide one of."""
        X = sparse.csr_array(rows.X, copy=True)
        X.eliminate_zeros()
        shown = self.catalogue_[self.columns_]
        usable = rows_to_hide(X, rows.target & (rows.w > 0), shown)
        if usable.size > n:
            usable = HiddenDraw(X, usable, seed).sample(n)
        return X, usable

    def _stack(self, rows: MarketRows, base: Any, seed: int) -> StackedRanker:
        """Fit the classifier on what models without the hidden interactions score."""
        X, usable = self._rows_to_hide(rows, _MAX_STACKED, seed + 1)
        if usable.size < _MIN_VALIDATED:
            raise ValueError(
                "stacking learns from hidden interactions of target rows that have at "
                f"least two; it needs {_MIN_VALIDATED} such rows, got {usable.size}. "
                "Use stacking=None."
            )
        shown = self.catalogue_[self.columns_]
        # the other half of the rows is whole, as most rows are when it serves
        half = HiddenDraw(X, usable, seed + 2).sample(usable.size // 2)
        trials = [
            hide_one(X, part, shown, _OTHERS, seed + 1)
            for part in (half, np.setdiff1d(usable, half))
        ]
        fitted = None  # trees see counts, and the scores of both
        if self.fusion_ != "scores":
            fitted = of_all_rows(self.estimator_)
        ranker = StackedRanker(self.stacking, base, self.market_weights_, seed)
        return ranker.fit(rows, trials, fitted)

    def _score_block(self, X: Any) -> NDArray[np.floating]:
        scores = np.full(X.shape, -np.inf, dtype=X.dtype)
        known_X = _columns(X, self.columns_)
        if self.stacker_ is not None:
            every = np.arange(self.columns_.size)
            known = self.stacker_.scores(
                known_X, np.broadcast_to(every, (X.shape[0], every.size))
            )
        else:
            known = self.estimator_.predict(known_X)
            if self.popularity_weight_ > 0:
                _, spread = row_spread(known)
                prior = (self.popularity_weight_ * self._prior).astype(known.dtype)
                known = known + spread * prior
        scores[:, self.columns_] = known
        scores[:, ~self.catalogue_] = -np.inf
        return scores

    def _rank_block(
        self, X: Any, k: int, allowed: Candidates, rows: slice, exclude_seen: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        if self.stacker_ is None or (allowed.rows is None and allowed.shared is None):
            return super()._rank_block(X, k, allowed, rows, exclude_seen)
        # the classifier scores candidates alone
        if allowed.shared is not None:
            ids = np.tile(allowed.shared, (X.shape[0], 1))
        else:
            ids = padded_rows(allowed.rows[rows])
        seen = np.zeros(X.shape, dtype=bool)
        if exclude_seen:
            seen[stored_pattern(X)] = True
        place = np.zeros(X.shape[1], dtype=np.int64)
        place[self.columns_] = np.arange(self.columns_.size)
        may = (ids >= 0) & self.catalogue_[ids]
        may &= ~np.take_along_axis(seen, np.maximum(ids, 0), axis=1)
        scores = self.stacker_.scores(_columns(X, self.columns_), place[ids])
        scores = np.where(may, scores, -np.inf).astype(X.dtype)
        places, values = top_k(scores, k)
        ids = np.pad(ids, ((0, 0), (0, 1)), constant_values=-1)
        return np.take_along_axis(ids, places, axis=1), values


def _columns(X: Any, columns: NDArray[np.int64]) -> Any:
    return X if columns.size == X.shape[1] else X[:, columns]
