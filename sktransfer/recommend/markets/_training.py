"""Interactions of several markets, and the models that are fitted on them."""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from sktransfer._core.sparse import nonzero_entries
from sktransfer.recommend._scores import mean_and_deviation
from sktransfer.recommend.markets._aging import aged
from sktransfer.recommend.markets._combined_scores import (
    ItemwiseBlend,
    MeanOfStandardizedScores,
    add_model,
)


class MarketRows(NamedTuple):
    """Interactions of all markets, and the weight and the market of each row."""

    X: Any  # CSR or ndarray of shape (n_rows, n_items)
    sample_weight: NDArray[np.floating]
    domain: NDArray[np.int64] | None  # None: every row is of the target
    target: NDArray[np.bool_]
    has_weights: bool  # whether the user gave weights of rows
    times: Any = None  # CSR with the times of the interactions of X, if known
    aged_X: Any = None  # interactions to learn from, where they age; None: X

    @property
    def counted_target(self) -> NDArray[np.bool_]:
        """Target rows with a weight above 0."""
        return self.target & (self.sample_weight > 0)

    def of_market(self, domain: int) -> NDArray[np.bool_]:
        """Rows of a source market."""
        return np.asarray(self.domain == domain)

    def age_interactions(self, half_life: float | None) -> MarketRows:
        """The same with interactions to learn from that age, in each market."""
        if half_life is None:
            return self._replace(aged_X=None)
        markets = np.zeros(self.target.size, dtype=np.int64)
        if self.domain is not None:
            markets = np.unique(self.domain, return_inverse=True)[1].ravel()
        return self._replace(aged_X=aged(self.X, self.times, half_life, markets))

    @property
    def _to_learn(self) -> Any:
        return self.X if self.aged_X is None else self.aged_X

    def weighted(self, weights: dict[int, float]) -> NDArray[np.floating]:
        """Weights of the rows times those of their markets, 1 for the target."""
        w = self.sample_weight.copy()
        for domain, weight in weights.items():
            w[self.of_market(domain)] *= weight
        return w

    def fit_pooled(self, estimator: Any, weights: dict[int, float]) -> Any:
        """Fit a clone of a recommender on the weighted rows of all markets."""
        estimator = clone(estimator)
        if not self.has_weights and all(v == 1 for v in weights.values()):
            return estimator.fit(self._to_learn)
        if not has_fit_parameter(estimator, "sample_weight"):
            raise ValueError(
                f"Markets are weighted through sample_weight, which the fit of "
                f"{type(estimator).__name__} does not take. Use an estimator that "
                "does, such as EASERecommender, or weighting=None to count every "
                "market the same."
            )
        w = self.weighted(weights)
        return estimator.fit(self._to_learn[w > 0], sample_weight=w[w > 0])

    def fit_target(self, estimator: Any) -> Any:
        """Fit a clone of a recommender on the rows of the target alone."""
        domains = [] if self.domain is None else np.unique(self.domain).tolist()
        return self.fit_pooled(estimator, {d: 0.0 for d in domains if d > 0})

    def fit_alone(self, estimator: Any, rows: NDArray[np.bool_]) -> Any:
        """Fit a clone of a recommender on some rows; None without interactions."""
        keep = rows & (self.sample_weight > 0)
        if nonzero_entries(self.X[keep])[1].size == 0:
            return None
        alone = MarketRows(
            self._to_learn[keep],
            self.sample_weight[keep],
            None,
            rows[keep],
            self.has_weights,
        )
        return alone.fit_pooled(estimator, {})

    def log_users(
        self, rows: NDArray[np.bool_], half_life: float | None = None
    ) -> NDArray[np.float64]:
        """Logarithm of 1 plus the weighted number of users of each item."""
        row, item = nonzero_entries(self.X)
        weights = (self.sample_weight * rows)[row]
        if half_life is not None:
            taken = sparse.csr_array(self.X[rows] != 0, dtype=np.float64)
            ones = np.zeros(taken.shape[0], dtype=np.int64)
            taken = aged(taken, self.times[rows], half_life, ones)
            row, item = nonzero_entries(taken)
            weights = self.sample_weight[rows][row] * taken.data
        return np.log1p(np.bincount(item, weights=weights, minlength=self.X.shape[1]))

    def popularity(self, half_life: float | None = None) -> NDArray[np.float64]:
        """Popularity of each item in the target, standardised over items."""
        users = self.log_users(self.target, half_life)[None]
        mean, deviation = mean_and_deviation(users)
        return ((users - mean) / deviation)[0]


class MarketSetting(NamedTuple):
    """How much source markets count, and how they are joined with the target."""

    weights: dict[int, float]  # of each source domain
    half: float | None = None  # target users at which an item is half the target's own
    fusion: str = "rows"  # one model of weighted rows; "scores": one a market; "both"

    def target_alone(self) -> dict[int, float]:
        """Weights that leave the target alone."""
        return dict.fromkeys(self.weights, 0.0)


class FittedMarkets(NamedTuple):
    """Models fitted under a setting."""

    estimator: Any  # scores items
    pooled: Any  # the model of the weighted rows of all markets, or None
    item_shares: NDArray[np.float64] | None  # of all markets in each item's score


def fit_setting(
    rows: MarketRows, estimator: Any, setting: MarketSetting
) -> FittedMarkets:
    """Fit clones of a recommender with the markets weighted and joined as set."""
    fusion = setting.fusion if any(setting.weights.values()) else "rows"
    pooled = model = None
    if fusion != "scores":
        pooled = model = rows.fit_pooled(estimator, setting.weights)
    if fusion != "rows":
        model = fit_each_market(rows, estimator, setting.weights)
    if fusion == "both":
        model = MeanOfStandardizedScores(pooled, model)
    if setting.half is None:
        return FittedMarkets(model, pooled, None)
    alone = rows.fit_pooled(estimator, setting.target_alone())
    shares = item_shares(rows, setting.half)
    return FittedMarkets(ItemwiseBlend(model, alone, shares), pooled, shares)


def fit_each_market(
    rows: MarketRows, estimator: Any, weights: dict[int, float], target: Any = None
) -> Any:
    r"""Fit a recommender on each market alone and add their scores.

    .. math:: s = s_t + \sum_m \sqrt{w_m} \, s_m,

    in each part of a blend before it is standardised. A weight enters by its root: in
    one model of all rows, a row of weight w counts like the row times the root of w.
    `target` is the model of the target alone, if it is fitted already.
    """
    total = target
    if total is None:
        total = rows.fit_alone(estimator, rows.target)
    for domain, weight in weights.items():
        if weight > 0:
            model = rows.fit_alone(estimator, rows.of_market(domain))
            total = total if model is None else add_model(total, model, sqrt(weight))
    return total


def item_shares(rows: MarketRows, half: float) -> NDArray[np.float64]:
    """Share of all markets in the score of each item with n users: h / (h + n)."""
    return half / (half + np.expm1(rows.log_users(rows.target)))
