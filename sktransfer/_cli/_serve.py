"""The items that are recommended in the end, new ones among them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._cli._few_new_items import NEW_SHARE, FewNewItems
from sktransfer._cli._logs import Log
from sktransfer._cli._rankers import CONTENT, Ranker, Training, rankers, row_weights


class Served(NamedTuple):
    """Ranked items of each target user."""

    items: NDArray[np.int64]  # (n_users, k), -1 for none
    scores: NDArray[np.floating]  # NaN for new items that content has put there
    new: NDArray[np.bool_]  # (n_items,): nobody in the target has taken it
    validation: dict[str, float]  # of the model with content, on simulated new items
    market_weights: dict[int, float]


def serve(
    log: Log, content: Any, chosen: Ranker, k: int, *, new_share: float = NEW_SHARE
) -> Served:
    """Fit the model taken on everything and rank the items for each target user.

    Items that the model knows nothing of stand where the model with content, which
    ranks all items together, puts them; the others fill the places between them in the
    order of the model.

    Parameters
    ----------
    log : Log
        Interactions of all markets.
    content : csr_array of shape (n_items, n_content) or None
        Content of the items.
    chosen : Ranker
        The model taken.
    k : int
        Items for each user.
    new_share : float, default=0.1
        Largest share of the places that new items get.

    Returns
    -------
    served : Served
        Rankings.
    """
    training = Training(log.X, log.sample_domain, log.times, content, new_share)
    rows = log.times if chosen.by_time else log.target
    new = np.arange(log.items.size) >= log.n_sold
    fitted = {chosen.name: chosen.fit(training, {})}
    model = fitted[chosen.name]
    weights = dict(getattr(model, "market_weights_", {}))
    if isinstance(model, FewNewItems):
        items, scores = model.recommend(rows, k)
        return Served(items, scores, new, model.model.validation_scores_, weights)
    learned = row_weights(training, weights) > 0
    if not chosen.transfer:
        learned = training.sample_domain < 0
    known = np.diff(training.X[learned].tocsc().indptr) > 0
    items, scores = model.recommend(rows, k, candidates=known)
    with_content = [
        r for r in rankers(training)[0] if r.name == CONTENT[chosen.transfer]
    ]
    if known.all() or not with_content:
        return Served(items, scores, new, {}, weights)
    content_model = with_content[0].fit(training, fitted)
    items, scores = content_model.beside(log.target, k, items, scores)
    scores = np.where(known[items], scores, np.nan)  # they cannot be compared
    found = content_model.model.validation_scores_
    return Served(items, scores, new, found, weights)
