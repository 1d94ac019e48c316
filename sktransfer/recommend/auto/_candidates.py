"""Recommenders that AutoTransferRecommender chooses from, the simplest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from sktransfer._core.parameters import HasMethods, check_parameters
from sktransfer.recommend._base import BaseRecommender, reads_times
from sktransfer.recommend._logs import Ranking
from sktransfer.recommend._score_parts import SumOfParts
from sktransfer.recommend.collaborative._blend import MAX_DENSE
from sktransfer.recommend.collaborative._ease import EASERecommender
from sktransfer.recommend.collaborative._item_knn import ItemKNNRecommender
from sktransfer.recommend.collaborative._niche import NicheRecommender
from sktransfer.recommend.collaborative._popularity import PopularityRecommender
from sktransfer.recommend.content._cold_start import ColdStartRecommender
from sktransfer.recommend.content._new_item_limit import NewItemLimiter
from sktransfer.recommend.markets._recommender import TransferRecommender
from sktransfer.recommend.sequences._sequential import SequentialRecommender

TARGET_DEFAULT = "target: blend"
MARKETS_DEFAULT = "markets: validated"
SMALL_WEIGHT = 0.05  # of a row of another market, where a row of the target counts 1
SEQUENCE_WEIGHT = 0.2  # the same, of sequences


class RecommenderCandidate(NamedTuple):
    """A recommender to compare, and what it learns from.

    Parameters
    ----------
    name : str
        Its name in the results.
    estimator : recommender
        Not fitted; it is cloned. It needs ``fit(X)`` and ``recommend(X, k,
        candidates=...)``. A parameter `item_features` (also of a part, such as
        ``estimator__item_features``) that is None is given the content of the items.
    markets : bool, default=False
        Whether it learns from the rows of all markets, with ``sample_domain=``, or from
        the target's rows alone.
    time : bool, default=False
        Whether its X holds times as values: those of the target's interactions, or with
        `markets` those of all markets.
    new_items : bool, default=False
        Whether it ranks items that nobody has taken.
    weights_from : str, default=None
        Name of an earlier candidate whose `market_weights_` are passed to ``fit`` as
        `market_weights`, so that they are not looked for twice.

    See Also
    --------
    default_recommenders : The candidates that are compared by default.

    Examples
    --------
    >>> from sktransfer.recommend import EASERecommender, RecommenderCandidate
    >>> RecommenderCandidate("EASE", EASERecommender()).markets
    False
    """

    name: str
    estimator: Any
    markets: bool = False
    time: bool = False
    new_items: bool = False
    weights_from: str | None = None


class MarketWeightedRecommender(SumOfParts, BaseRecommender):
    """Recommender fitted to the rows of all markets in given or validated weights.

    Where no weights are given, to it or to `fit`, they are those that a
    TransferRecommender chooses, which is fitted for them alone.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "recommend"])],
        "market_weights": [Mapping, None],
    }
    _standardizes_parts = False

    def __init__(
        self, estimator: Any, market_weights: Mapping[int, float] | None = None
    ) -> None:
        self.estimator = estimator
        self.market_weights = market_weights

    @property
    def values_are_times(self) -> bool:
        """Whether `estimator` reads values as times."""
        return reads_times(self.estimator)

    @property
    def _shares_places(self) -> Any:
        return getattr(self.estimator_, "_shares_places", False)

    # weights of rows are those of their markets
    def fit(  # type: ignore[override]
        self,
        X: Any,
        y: Any = None,
        *,
        sample_domain: ArrayLike | None = None,
        market_weights: Mapping[int, float] | None = None,
    ) -> MarketWeightedRecommender:
        """Fit the recommender to weighted rows."""
        check_parameters(self)
        X = self._validate_fit(X, y)
        sample_domain = self._domain_of_log(sample_domain)
        if market_weights is None:
            market_weights = self.market_weights
        if market_weights is None:
            model = TransferRecommender(catalogue="all", n_negatives=None)
            model.fit(X, sample_domain=sample_domain)
            market_weights = model.market_weights_
        self.market_weights_ = dict(market_weights)
        w = row_weights(sample_domain, self.market_weights_, X.shape[0])
        self.estimator_ = clone(self.estimator)
        self.estimator_.fit(X[w > 0], sample_weight=w[w > 0])
        return self

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Scores of the fitted recommender."""
        return self.estimator_.predict(X)

    def _weighted_parts(self) -> list[tuple[Any, Any]]:
        return [(self.estimator_, 1.0)]

    def _rank(self, X: Any, k: int, **options: Any) -> Ranking:
        """Rank items by the fitted recommender."""
        X = self._validate_interactions(X, reset=False)
        return self.estimator_.recommend(X, k, **options)


def row_weights(
    sample_domain: ArrayLike | None, market_weights: Mapping[int, float], n_rows: int
) -> NDArray[np.float32]:
    """Weight of each row: that of its market, 1 for the target."""
    w = np.ones(n_rows, dtype=np.float32)
    domain = np.asarray(sample_domain)
    for code, weight in market_weights.items():
        w[domain == code] = weight
    return w


def default_recommenders(
    n_items: int,
    *,
    sample_domain: ArrayLike | None = None,
    content: bool = False,
    time: bool = False,
    source_time: bool = False,
    max_new_share: float = 0.1,
) -> list[RecommenderCandidate]:
    """Recommenders that suit the data: target alone first, the simplest first.

    Parameters
    ----------
    n_items : int
        Number of items that the target has sold. With more than 10,000, recommenders
        that hold a dense matrix of items by items are left out.
    sample_domain : array-like of int of shape (n_rows,), default=None
        Market of each row; positive for other markets, negative for the target. None:
        there are no other markets.
    content : bool, default=False
        Whether the items have content.
    time : bool, default=False
        Whether the times of the target's interactions are known.
    source_time : bool, default=False
        Whether those of the other markets are known as well.
    max_new_share : float, default=0.1
        Largest share of the places for items that nobody has taken.

    Returns
    -------
    candidates : list of RecommenderCandidate
        Of the target alone: popularity, item neighbours, EASE, the default blend, the
        recommender of niche items, of sequences, and of new items. Of all markets: the
        recommender of niche items with a small weight (0.05) of other markets; the
        blend with this weight, with weights by similarity, with validated weights, and
        with 1; that of sequences with a weight of 0.2; and the recommender of new items
        in the validated weights.

    See Also
    --------
    AutoTransferRecommender : Compares them and takes one.

    Examples
    --------
    >>> from sktransfer.recommend import default_recommenders
    >>> [c.name for c in default_recommenders(500)]  # doctest: +NORMALIZE_WHITESPACE
    ['target: popularity', 'target: neighbours', 'target: EASE', 'target: blend',
     'target: niche items']
    """
    dense = n_items <= MAX_DENSE
    found = [
        RecommenderCandidate("target: popularity", PopularityRecommender()),
        RecommenderCandidate("target: neighbours", ItemKNNRecommender()),
        RecommenderCandidate("target: EASE", EASERecommender()),
        RecommenderCandidate(TARGET_DEFAULT, _market_recommender("validated")),
        RecommenderCandidate("target: niche items", NicheRecommender()),
    ]
    if not dense:
        left_out = {"target: EASE", "target: niche items"}
        found = [c for c in found if c.name not in left_out]
    if time:
        sequences = SequentialRecommender()
        found.append(RecommenderCandidate("target: sequences", sequences, time=True))
    limited = NewItemLimiter(ColdStartRecommender(), max_share=max_new_share)
    if content and dense:
        found.append(
            RecommenderCandidate("target: with content", limited, new_items=True)
        )
    domain = None
    if sample_domain is not None:
        domain = np.asarray(sample_domain)
    if domain is None or not (domain > 0).any():
        return found
    codes = np.unique(domain[domain > 0]).tolist()
    small = dict.fromkeys(codes, SMALL_WEIGHT)
    of_markets = {
        "markets: niche items": _market_recommender(small, NicheRecommender()),
        "markets: lightly": _market_recommender(small),
        "markets: by similarity": _market_recommender("similarity"),
        MARKETS_DEFAULT: _market_recommender("validated"),
        "markets: pooled": _market_recommender(None),
    }
    if not dense:
        del of_markets["markets: niche items"]
    found += [
        RecommenderCandidate(name, estimator, markets=True)
        for name, estimator in of_markets.items()
    ]
    if time and source_time:
        model = MarketWeightedRecommender(
            SequentialRecommender(), dict.fromkeys(codes, SEQUENCE_WEIGHT)
        )
        found.append(
            RecommenderCandidate("markets: sequences", model, markets=True, time=True)
        )
    if content and dense:
        found.append(
            RecommenderCandidate(
                "markets: with content",
                MarketWeightedRecommender(limited),
                markets=True,
                new_items=True,
                weights_from=MARKETS_DEFAULT,
            )
        )
    return found


def _market_recommender(weighting: Any, estimator: Any = None) -> TransferRecommender:
    """TransferRecommender over all items, its settings validated among all of them."""
    return TransferRecommender(
        estimator, weighting=weighting, catalogue="all", n_negatives=None
    )
