"""Topic models by their names, and the topic weights of documents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.decomposition import NMF, LatentDirichletAllocation

from sktransfer._core.sparse import is_sparse
from sktransfer.selection._gensim_lda import GensimLDA
from sktransfer.selection._gibbs_lda import GibbsLDA
from sktransfer.selection._plsa import PLSA

TOPIC_MODELS = ("nmf", "lda", "lda-gensim", "lda-gibbs", "plsa")


def make_topic_model(
    topic_model: Any, n_topics: int, random_state: int | np.random.RandomState | None
) -> Any:
    """Unfitted topic model, from its name or from the user's own."""
    if not isinstance(topic_model, str):
        return clone(topic_model)
    # loose tolerances: the last digits of topics do not change a ranking
    if topic_model == "nmf":
        return NMF(n_topics, tol=1e-3, max_iter=1000, random_state=random_state)
    if topic_model == "lda":
        # mini-batches, so that the time grows with the documents and not with passes
        return LatentDirichletAllocation(
            n_topics, learning_method="online", max_iter=5, random_state=random_state
        )
    for name, model in (("lda-gensim", GensimLDA), ("lda-gibbs", GibbsLDA)):
        if topic_model == name:
            return model(n_topics, random_state=random_state)
    return PLSA(n_topics, tol=1e-3, random_state=random_state)


def topic_weights(model: Any, X: Any) -> NDArray[Any]:
    """Topic weights of documents from a fitted model."""
    topics = getattr(model, "components_", None)
    # NMF takes rows of the precision that it was fitted on, and no other
    rows = X if topics is None else X.astype(topics.dtype, copy=False)
    return _check_weights(model, model.transform(rows))


def fit_topic_weights(model: Any, X: Any) -> NDArray[Any]:
    """Fit a model and get the topic weights of its own documents."""
    if hasattr(model, "fit_transform"):
        return _check_weights(model, model.fit_transform(X))
    return topic_weights(model.fit(X, None), X)


def _check_weights(model: Any, weights: Any) -> NDArray[Any]:
    weights = weights.toarray() if is_sparse(weights) else np.asarray(weights)
    if weights.ndim != 2 or not np.all(weights >= 0):
        raise ValueError(
            f"topic_model {type(model).__name__} must return topic weights not below "
            "0; got negative or missing ones. Use LDA, NMF or the like."
        )
    return weights
