"""Interactions that laws of recommenders are tried on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from sktransfer.testing._case import Case, Rows, takes

RANKING = (
    "Rank by decreasing score, the smaller item number first among equal scores, or "
    "inherit recommend from sktransfer.base.BaseRecommender."
)


@dataclass(frozen=True)
class RecommenderCase(Case):
    """Interactions, users in rows, for which a recommender scores all items."""

    personalized: bool = True
    answers: ClassVar[str] = "scores"
    float32_tolerance: ClassVar[float] = 1e-5

    def fit_model(self, model: Any, rows: Rows) -> Any:
        """The recommender itself, fitted, with the domains if it takes them."""
        if takes(model, "fit", "sample_domain"):
            return model.fit(rows.X, sample_domain=rows.sample_domain)
        return model.fit(rows.X)

    def answer(self, model: Any, rows: Rows) -> Any:
        """Score of each item for each row."""
        return model.predict(rows.X)

    @property
    def X(self) -> Any:
        """Interactions."""
        return self.rows.X

    def fit_X(self, recommender: Any, X: Any, **kwargs: Any) -> Any:
        """A copy of the recommender, fitted to interactions without domains."""
        return self.model(recommender).fit(X, **kwargs)


def checkerboard(n: int = 20) -> Any:
    """Even users take even items and odd users odd ones, but user i not item i."""
    X = (np.add.outer(np.arange(n), np.arange(n)) % 2 == 0).astype(np.float64)
    np.fill_diagonal(X, 0)
    return sparse.csr_array(X)


def made_up_interactions(n_rows: int = 60, n_items: int = 15) -> Rows:
    """Users of two tastes and two markets; each user and each item occurs."""
    rng = np.random.default_rng(0)
    taste = rng.integers(0, 2, n_rows)[:, None] == np.arange(n_items) % 2
    X = rng.random((n_rows, n_items)) < np.where(taste, 0.45, 0.1)
    X[np.arange(n_rows), np.arange(n_rows) % n_items] = True
    d = np.where(np.arange(n_rows) % 2 == 0, 1, -1)
    return Rows(sparse.csr_array(X.astype(np.float64)), None, d)


def unseen_item(X: Any) -> int:
    """An item that the last row has not taken."""
    return int(np.flatnonzero(X[[-1]].toarray()[0] == 0)[0])
