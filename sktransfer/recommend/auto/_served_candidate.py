"""The candidate that was taken, and what may be ranked by it and by others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend._allowed_items import AllowedItems, rank_among
from sktransfer.recommend._logs import Ranking
from sktransfer.recommend.auto._candidates import RecommenderCandidate, row_weights
from sktransfer.recommend.auto._fitted_candidate import (
    FittedCandidate,
    fit_candidate,
    unlimited,
)
from sktransfer.recommend.auto._training_data import TrainingData
from sktransfer.recommend.content._new_item_limit import limit_new_items
from sktransfer.recommend.markets._unsold_items import UnsoldItems


class ServedCandidate(NamedTuple):
    """A candidate fitted to the items that it was compared on, and to no others."""

    taken: FittedCandidate
    columns: NDArray[np.int64]  # items that it was fitted to
    known: NDArray[np.bool_]  # items that it has seen an interaction of
    ranked: NDArray[np.bool_]  # items that it ranks: among `columns`
    new_items: FittedCandidate | None = None  # places the others, by content
    unsold: UnsoldItems | None = None  # else ranks those of them that are named

    @property
    def market_weights(self) -> dict[int, float]:
        """Weights of other markets; empty for none."""
        return dict(getattr(self.taken.model, "market_weights_", {}))

    @property
    def new_item_scores(self) -> dict[str, float]:
        """Scores of the model with content that serves."""
        if self.taken.candidate.new_items:
            return self.taken.validation_scores
        return {} if self.new_items is None else self.new_items.validation_scores

    def names_unsold(self, allowed: AllowedItems) -> bool:
        """Whether items are named that neighbours in all markets must rank."""
        return self.unsold is not None and allowed.name_any(~self.ranked)

    def rank(
        self,
        X: Any,
        time: Any,
        k: int,
        allowed: AllowedItems,
        *,
        max_new_share: float,
        exclude_seen: bool,
    ) -> Ranking:
        """Rank what may be ranked, as it was compared; new items in their places."""
        of_taken = allowed
        if not (allowed.all and self.ranked[self.columns].all()):
            of_taken = allowed.among(self.ranked).of_columns(self.columns)
        rows = self.of_columns(self.taken.rows(X, time))
        items, scores = self.taken.recommend(
            rows, None, k, of_taken, exclude_seen=exclude_seen
        )
        items = np.append(self.columns, -1)[items]
        if self.new_items is None:
            return items, scores
        ranks_all = unlimited(self.new_items.model)
        together = rank_among(ranks_all, X, k, allowed, exclude_seen=exclude_seen)
        items, scores = limit_new_items(
            (items, scores), together, ~self.ranked, max_share=max_new_share
        )
        unknown = (items >= 0) & ~self.ranked[items]
        return items, np.where(unknown, np.nan, scores)

    def scores(self, X: Any, *, named: bool = False) -> NDArray[np.floating]:
        """Scores of all items; if named, also where only other markets sold any."""
        known = self.taken.model.predict(self.of_columns(X))
        scores = np.full(X.shape, -np.inf, dtype=known.dtype)
        scores[:, self.columns] = known
        scores[:, ~self.ranked] = -np.inf
        if named and self.unsold is not None:
            helps = any(self.market_weights.values())
            of_unsold = self.unsold.scores(X, known, after_known=not helps)
            scores[:, self.unsold.columns] = of_unsold
        return scores

    def of_columns(self, X: Any) -> Any:
        """Rows over the items that the candidate was fitted to."""
        return X if self.columns.size == X.shape[1] else X[:, self.columns]


def fit_to_serve(
    candidates: Sequence[RecommenderCandidate],
    best: RecommenderCandidate,
    data: TrainingData,
    catalogue: NDArray[np.bool_],
) -> ServedCandidate:
    """Fit the candidate that was taken, and what ranks the items that it does not."""
    n_items = catalogue.size
    every = np.ones(n_items, dtype=bool)
    columns = np.flatnonzero(every if best.new_items else catalogue)
    part = data.columns(columns)
    taken = fit_candidate(best, part)
    if best.new_items:
        return ServedCandidate(taken, columns, every, every)
    served = ServedCandidate(taken, columns, every, catalogue)
    w = row_weights(part.sample_domain, served.market_weights, part.X.shape[0])
    learned = (w > 0) & (best.markets | (part.sample_domain < 0))
    known = np.zeros(n_items, dtype=bool)
    known[columns[np.unique(part.X[learned].indices)]] = True
    served = served._replace(known=known)
    others = [c for c in candidates if c.new_items and c.markets == best.markets]
    if others and not known.all():
        placed = fit_candidate(others[0], data)
        return served._replace(new_items=placed, ranked=known)
    if columns.size < n_items and hasattr(taken.model, "predict"):
        unsold = UnsoldItems(data.X, np.ones(data.X.shape[0]), columns)
        return served._replace(unsold=unsold if unsold.columns.size else None)
    return served
