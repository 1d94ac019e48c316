"""The items that are recommended in the end, new ones among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._cli._choice import Choice
from sktransfer._cli._rankers import CONTENT, Training, row_weights


class Served(NamedTuple):
    """Ranked items of each target user."""

    items: NDArray[np.int64]  # (n_users, k), -1 for none
    scores: NDArray[np.floating]  # NaN for new items that content has put there
    new: NDArray[np.bool_]  # (n_items,): nobody in the target has taken it
    validation: dict[str, float]  # of the model with content, on simulated new items
    market_weights: dict[int, float]


def serve(
    training: Training, choice: Choice, n_sold: int, n_taken: int, k: int
) -> Served:
    """Fit the model taken on everything and rank the items for each target user.

    Items that the model knows nothing of stand where the model with content, which
    ranks all items together, puts them; the others fill the places between them in the
    order of the model.
    """
    chosen = choice.model
    new = np.arange(training.X.shape[1]) >= n_sold
    if chosen.name in CONTENT.values():
        model = chosen.fit(training, {})
        items, scores = model.recommend(training.target, k)
        found = model.model.validation_scores_
        return Served(items, scores, new, found, model.market_weights_)
    part = training.first(n_taken if chosen.transfer else n_sold)
    model = chosen.fit(part, {})
    weights = dict(getattr(model, "market_weights_", {}))
    known = np.zeros_like(new)
    learned = row_weights(part, weights) > 0
    learned &= chosen.transfer | (part.sample_domain < 0)
    known[np.unique(part.X[learned].indices)] = True
    rows = part.times if chosen.by_time else part.target
    items, scores = model.recommend(rows, k, candidates=known[: rows.shape[1]])
    by_content = [s.ranker for s in choice.scored if s.name == CONTENT[chosen.transfer]]
    if known.all() or not by_content:
        return Served(items, scores, new, {}, weights)
    beside = by_content[0].fit(training, {})
    items, scores = beside.beside(training.target, (items, scores), ~known)
    scores = np.where(known[items], scores, np.nan)  # they cannot be compared
    return Served(items, scores, new, beside.model.validation_scores_, weights)
