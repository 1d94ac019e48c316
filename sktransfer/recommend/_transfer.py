"""Recommendation in one market from the interactions of several."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import _fit_context, clone
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import _check_sample_weight, has_fit_parameter

from sktransfer._core.domains import check_sample_domain, domain_masks
from sktransfer._core.ranking import ndcg_rows
from sktransfer._core.topk import row_blocks, top_k
from sktransfer.recommend._base import BaseRecommender, stored_pattern
from sktransfer.recommend._ease import EASERecommender
from sktransfer.recommend._similarity import evidence_weights, market_evidence

SCALES = (0.0, 0.25, 0.5, 1.0)
_MAX_VALIDATED = 2000
_UNLIKE = 0.05


class TransferRecommender(BaseRecommender):
    r"""Recommender of a target market that also learns from other markets.

    The rows of all markets, over shared item columns, train one recommender. A row of
    the target counts 1, a row of a source market the weight of its market: by default
    what the similarity of the item profiles of both markets makes it worth, so that a
    market with other tastes counts little however large it is.

    Parameters
    ----------
    estimator : recommender, default=None
        A recommender of this package, or any estimator whose ``fit(X,
        sample_weight=...)`` and ``predict(X)`` take interactions and score every
        column. None for ``EASERecommender()``.
    weighting : {"similarity", "validated"}, mapping or None, default="similarity"
        Weight of the rows of each source market. "similarity": by the similarity
        :math:`\rho` of item profiles, corrected for sampling noise, see Notes.
        "validated": that, times the factor among 0, 0.25, 0.5 and 1 that ranks hidden
        interactions of target users best; 0 where none gains more than a standard
        error. A mapping gives the weight of each (positive) domain. None counts every
        market 1.
    catalogue : {"target", "all"} or array-like, default="target"
        Items that may be recommended: those that occur in target rows of `fit`; all
        columns; or a boolean mask of shape (n_items,) or an array of item ids.
    random_state : int, RandomState instance or None, default=0
        Draws the interactions that "validated" hides.

    Attributes
    ----------
    estimator_ : estimator
        The fitted recommender, over the columns ``columns_``.
    market_weights_ : dict of int to float
        Weight of each source domain; empty where `fit` was given no domains.
    market_similarity_ : dict of int to float
        Similarity of each source domain to the target, from 0 to 1; set where the
        weights rest on it.
    catalogue_ : ndarray of bool of shape (n_items,)
        Items that may be recommended.
    columns_ : ndarray of int64
        Items that the model knows: the catalogue and what target rows hold.
    validation_scores_ : dict of float to float
        nDCG@10 on hidden interactions by factor of the weights; set by "validated".
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    EASERecommender : The default recommender of one market.
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

    With ``sample_domain=None`` every row is a target row, and the model is that of the
    estimator alone. Several target markets are served by one model: their rows count 1
    each, and their catalogues are joined; fit one model for each where catalogues must
    not mix. The domain is not needed to predict: whoever is served is a target user.
    Interactions with items outside ``columns_`` are not used.

    "validated" fits the estimator five times, "similarity" once.

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
        "weighting": [StrOptions({"similarity", "validated"}), Mapping, None],
        "catalogue": [StrOptions({"target", "all"}), "array-like"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        weighting: str | Mapping[int, float] | None = "similarity",
        catalogue: str | ArrayLike = "target",
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.estimator = estimator
        self.weighting = weighting
        self.catalogue = catalogue
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
        for name in ("market_similarity_", "validation_scores_"):
            vars(self).pop(name, None)  # of an earlier fit
        n_rows = X.shape[0]
        domain = check_sample_domain(sample_domain, n_rows)
        target = domain_masks(domain, n_rows).target
        w = np.ones(n_rows, dtype=X.dtype)
        if sample_weight is not None:
            w = _check_sample_weight(
                sample_weight, X, dtype=X.dtype, ensure_non_negative=True
            )
        seen = self._target_items(X, target & (w > 0))
        self.catalogue_ = self._catalogue(seen)
        self.columns_ = np.flatnonzero(self.catalogue_ | seen)
        known = _columns(X, self.columns_)
        self.market_weights_ = {}
        if domain is not None and not target.all():
            self.market_weights_ = self._weigh_markets(known, w, domain)
        self.estimator_ = self._train(
            known, w, domain, self.market_weights_, weighted=sample_weight is not None
        )
        return self

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

    def _weigh_markets(
        self, X: Any, w: NDArray[np.floating], domain: NDArray[np.int64]
    ) -> dict[int, float]:
        sources = [int(d) for d in np.unique(domain[domain > 0])]
        if stored_pattern(X[(domain > 0) & (w > 0)])[1].size == 0:
            raise ValueError(
                "The source markets share no item with the target: no source row has "
                f"an interaction with the {X.shape[1]} items of the target. Give the "
                "same item the same column in every market, or widen `catalogue`."
            )
        if self.weighting is None:
            return dict.fromkeys(sources, 1.0)
        if isinstance(self.weighting, Mapping):
            return self._given_weights(sources)
        groups = [domain == d for d in sources] + [domain < 0]
        evidence = market_evidence(
            [X[rows] for rows in groups[:-1]],
            X[groups[-1]],
            weights=[w[rows] for rows in groups],
        )
        mass = w * np.asarray(abs(X).sum(axis=1)).ravel()
        size = np.array([mass[rows].sum() for rows in groups])
        weights = dict(
            zip(sources, evidence_weights(evidence, size[:-1] / size[-1]).tolist())
        )
        similarity = evidence.similarity
        self.market_similarity_ = dict(zip(sources, similarity.tolist()))
        if similarity.max() < _UNLIKE:
            warnings.warn(
                "No source market resembles the target: the largest similarity of item "
                f"profiles is {similarity.max():.2g}, so hardly more than the "
                "target itself is learned from. Check that items have the same column "
                "in every market, or set `weighting` by hand.",
                UserWarning,
                stacklevel=4,
            )
        if self.weighting == "validated":
            factor = self._validate(X, w, domain, weights)
            weights = {d: factor * v for d, v in weights.items()}
        return weights

    def _given_weights(self, sources: list[int]) -> dict[int, float]:
        unknown = [d for d in sources if d not in self.weighting]
        if unknown:
            raise ValueError(
                "weighting must give a weight to each source domain in sample_domain; "
                f"got none for {unknown}."
            )
        weights = {d: float(self.weighting[d]) for d in sources}
        if not all(0 <= v < np.inf for v in weights.values()):
            raise ValueError(
                "weighting must map domains to finite weights that are not negative; "
                f"got {weights}."
            )
        return weights

    def _validate(
        self,
        X: Any,
        w: NDArray[np.floating],
        domain: NDArray[np.int64],
        weights: dict[int, float],
    ) -> float:
        """Factor of the weights that ranks hidden interactions of the target best."""
        rng = check_random_state(self.random_state)
        X = sparse.csr_array(X, copy=True)
        X.eliminate_zeros()
        rows = np.flatnonzero((domain < 0) & (w > 0) & (np.diff(X.indptr) >= 2))
        if rows.size < 2:
            raise ValueError(
                'weighting="validated" hides an interaction of target rows that have '
                f"at least two; got {rows.size} such row(s), at least 2 are needed. "
                'Use weighting="similarity".'
            )
        if rows.size > _MAX_VALIDATED:
            rows = np.sort(rng.choice(rows, _MAX_VALIDATED, replace=False))
        lengths = np.diff(X.indptr)[rows]
        place = X.indptr[rows] + (rng.random_sample(rows.size) * lengths).astype(int)
        hidden = sparse.csr_array(
            (np.ones(rows.size), (np.arange(rows.size), X.indices[place])),
            shape=(rows.size, X.shape[1]),
        )
        X.data[place] = 0
        X.eliminate_zeros()
        values = {}
        for factor in SCALES:
            scaled = {d: factor * v for d, v in weights.items()}
            model = self._train(X, w, domain, scaled, weighted=True)
            values[factor] = _hidden_ndcg(model, X[rows], hidden)
        self.validation_scores_ = {f: float(v.mean()) for f, v in values.items()}
        best = max(SCALES, key=self.validation_scores_.get)
        gain = values[best] - values[0.0]
        noise = gain.std(ddof=1) / np.sqrt(gain.size)
        return best if gain.mean() > noise else 0.0

    def _train(
        self,
        X: Any,
        w: NDArray[np.floating],
        domain: NDArray[np.int64] | None,
        weights: dict[int, float],
        *,
        weighted: bool,
    ) -> Any:
        """Fit a clone of the estimator on the rows that count."""
        estimator = (
            EASERecommender() if self.estimator is None else clone(self.estimator)
        )
        if not weighted and all(v == 1 for v in weights.values()):
            return estimator.fit(X)
        if not has_fit_parameter(estimator, "sample_weight"):
            raise ValueError(
                f"Markets are weighted through sample_weight, which the fit of "
                f"{type(estimator).__name__} does not take. Use an estimator that "
                "does, such as EASERecommender, or weighting=None to count every "
                "market the same."
            )
        w = w.copy()
        for market, weight in weights.items():
            w[domain == market] *= weight
        keep = w > 0
        return estimator.fit(X[keep], sample_weight=w[keep])

    def _score_block(self, X: Any) -> NDArray[np.floating]:
        scores = np.full(X.shape, -np.inf, dtype=X.dtype)
        known = self.estimator_.predict(_columns(X, self.columns_))
        scores[:, self.columns_] = known
        scores[:, ~self.catalogue_] = -np.inf
        return scores


def _columns(X: Any, columns: NDArray[np.int64]) -> Any:
    return X if columns.size == X.shape[1] else X[:, columns]


def _hidden_ndcg(model: Any, X: Any, hidden: Any) -> NDArray[np.float64]:
    """nDCG@10 of one hidden interaction of each row."""
    items = []
    for rows in row_blocks(*X.shape):
        scores = np.array(model.predict(X[rows]), dtype=np.float64)
        scores[stored_pattern(X[rows])] = -np.inf
        items.append(top_k(scores, 10)[0])
    return ndcg_rows(hidden, np.concatenate(items))[0]
