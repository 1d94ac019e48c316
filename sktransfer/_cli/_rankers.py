"""Models that the command line chooses from, the simplest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._cli._few_new_items import NEW_SHARE, FewNewItems
from sktransfer.recommend import (
    ColdStartRecommender,
    EASERecommender,
    ItemKNNRecommender,
    NicheRecommender,
    SequentialRecommender,
    TransferRecommender,
)
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend.collaborative._blend import MAX_DENSE

TARGET_DEFAULT = "target: blend"
MARKETS_DEFAULT = "markets: validated"
LIGHT = 0.05  # of a row of another market, where a row of the target counts 1
CONTENT = {False: "target: with content", True: "markets: with content"}


class Training(NamedTuple):
    """What models learn from."""

    X: Any  # CSR (n_users of all markets, n_items), the target's rows last
    sample_domain: NDArray[np.int64]
    times: Any = None  # CSR (n_target, n_items), larger for later
    content: Any = None  # CSR (n_items, n_content)
    new_share: float = NEW_SHARE  # of the places for new items, at most

    @property
    def target(self) -> Any:
        """Rows of the target market."""
        return self.X[self.sample_domain < 0]

    def first(self, n_items: int) -> Training:
        """The same with the first items alone."""
        times, content = self.times, self.content
        return self._replace(
            X=self.X[:, :n_items],
            times=None if times is None else times[:, :n_items],
            content=None if content is None else content[:n_items],
        )

    def without(self, hidden: Any) -> Training:
        """The same without some interactions of the target."""
        sources = self.X[self.sample_domain > 0]
        left = sparse.csr_array(self.target - self.target.multiply(hidden != 0))
        left.eliminate_zeros()
        times = self.times
        if times is not None:
            times = sparse.csr_array(times.multiply(left != 0))
            times.eliminate_zeros()
        X = sparse.vstack([sources, left], format="csr")
        return self._replace(X=X, times=times)


class Ranker(NamedTuple):
    """A model by name."""

    name: str
    fit: Callable[[Training, dict[str, Any]], Any]  # by what earlier ones have learned
    transfer: bool = False
    by_time: bool = False  # is given times of interactions


class PopularityRecommender(BaseRecommender):
    """The items that most users of the market have taken."""

    def fit(self, X: Any, y: Any = None) -> PopularityRecommender:
        """Count the users of each item."""
        X = self._validate_fit(X, y)
        self.counts_ = np.asarray((X != 0).sum(axis=0)).ravel().astype(X.dtype)
        return self

    def _score_block(self, X: Any) -> NDArray[np.floating]:
        return np.tile(self.counts_, (X.shape[0], 1))


def _on_target(make: Callable[[Training], Any]) -> Callable[[Training, Any], Any]:
    """Fit a model on the target alone."""
    return lambda training, _: make(training).fit(training.target)


def _on_markets(
    weighting: Any, make: Callable[[Training], Any] = lambda training: None
) -> Callable[[Training, Any], TransferRecommender]:
    """Fit a model, the blend by default, on rows of all markets."""

    def fit(training: Training, _: Any) -> TransferRecommender:
        weights = weighting
        if isinstance(weights, float):
            sources = np.unique(training.sample_domain[training.sample_domain > 0])
            weights = dict.fromkeys(sources.tolist(), weights)
        model = TransferRecommender(
            make(training), weighting=weights, catalogue="all", n_negatives=None
        )
        return model.fit(training.X, sample_domain=training.sample_domain)

    return fit


def _niche(training: Training) -> NicheRecommender:
    return NicheRecommender(training.content)


def _sequences(training: Training, _: Any) -> SequentialRecommender:
    return SequentialRecommender().fit(training.times)


def _target_content(training: Training, _: Any) -> FewNewItems:
    model = ColdStartRecommender(training.content).fit(training.target)
    return FewNewItems(model, training.new_share)


def _markets_content(training: Training, fitted: dict[str, Any]) -> FewNewItems:
    """Content and the rows of all markets, in the weights that were validated."""
    weighted = fitted.get(MARKETS_DEFAULT) or _on_markets("validated")(training, None)
    w = row_weights(training, weighted.market_weights_)
    model = ColdStartRecommender(training.content)
    model.fit(training.X[w > 0], sample_weight=w[w > 0])
    return FewNewItems(model, training.new_share, weighted.market_weights_)


def row_weights(
    training: Training, market_weights: dict[int, float]
) -> NDArray[np.float32]:
    """Weight of each row: that of its market, 1 for the target."""
    w = np.ones(training.X.shape[0], dtype=np.float32)
    for domain, weight in market_weights.items():
        w[training.sample_domain == domain] = weight
    return w


def rankers(training: Training) -> tuple[list[Ranker], list[str]]:
    """Models that serve the data: target alone first, the simplest first."""
    notes = []
    dense = training.X.shape[1] <= MAX_DENSE
    content = training.content is not None and dense
    found = [
        Ranker("target: popularity", _on_target(lambda t: PopularityRecommender())),
        Ranker("target: neighbours", _on_target(lambda t: ItemKNNRecommender())),
    ]
    if dense:
        found.append(Ranker("target: EASE", _on_target(lambda t: EASERecommender())))
    blend = _on_target(lambda t: TransferRecommender(catalogue="all", n_negatives=None))
    found.append(Ranker(TARGET_DEFAULT, blend))
    if dense:
        found.append(Ranker("target: niche items", _on_target(_niche)))
    if training.times is not None:
        found.append(Ranker("target: sequences", _sequences, by_time=True))
    if content:
        found.append(Ranker(CONTENT[False], _target_content))
    if np.any(training.sample_domain > 0):
        if dense:
            niche = _on_markets(LIGHT, _niche)
            found.append(Ranker("markets: niche items", niche, transfer=True))
        found += [
            Ranker("markets: lightly", _on_markets(LIGHT), transfer=True),
            Ranker("markets: by similarity", _on_markets("similarity"), transfer=True),
            Ranker(MARKETS_DEFAULT, _on_markets("validated"), transfer=True),
            Ranker("markets: pooled", _on_markets(None), transfer=True),
        ]
        if content:
            found.append(Ranker(CONTENT[True], _markets_content, transfer=True))
    if not dense:
        notes.append(
            "EASE and the models for niche and new items hold a matrix of items by "
            f"items; they are left out with {training.X.shape[1]} items (at most "
            f"{MAX_DENSE})."
        )
    if training.times is None:
        notes.append(
            "The target has no times: sequences were not looked at, and what is held "
            "back is drawn, not the latest. --time-column names a column of times."
        )
    return found, notes
