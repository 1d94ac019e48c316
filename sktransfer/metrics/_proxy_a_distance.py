"""Proxy A-distance: how well a classifier tells two domains apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import _num_samples

from sktransfer._core.parameters import check_value, integer
from sktransfer._core.sparse import is_sparse
from sktransfer.metrics._sides import check_sides, stack_rows


def proxy_a_distance(
    X: Any,
    Y: Any,
    *,
    estimator: Any = None,
    cv: int = 5,
    random_state: int | np.random.RandomState | None = 0,
) -> float:
    r"""Distance of two domains by a classifier that tells their rows apart.

    :math:`2 (1 - 2 \epsilon)` with the cross-validated error :math:`\epsilon` of the
    domain classifier, the mean of its errors on the two domains: about 0 if it can only
    guess, 2 if it never errs.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_source, n_features), or texts
        Rows of the source. Texts need an estimator that takes them.
    Y : {array-like, sparse matrix} of shape (n_target, n_features), or texts
        Rows of the target.
    estimator : classifier, default=None
        Domain classifier. None: logistic regression that weights the domains alike,
        on standardised columns where the rows are dense.
    cv : int, default=5
        Number of folds, at least 2; no more than the smaller domain has rows are used.
    random_state : int, RandomState instance or None, default=0
        Shuffles the rows into folds.

    Returns
    -------
    distance : float
        From 0 to 2; an error above one half counts as one half.

    Raises
    ------
    ValueError
        If a side has fewer than two rows, or the columns differ.

    References
    ----------
    S. Ben-David, J. Blitzer, K. Crammer and F. Pereira, "Analysis of representations
    for domain adaptation", NIPS, 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.metrics import proxy_a_distance
    >>> X = np.random.default_rng(0).normal(size=(50, 2))
    >>> proxy_a_distance(X, X + 10)
    2.0
    """
    if estimator is None:
        X, Y = check_sides(X, Y, least=2)
        estimator = LogisticRegression(class_weight="balanced", max_iter=1000)
        if not is_sparse(X) and not is_sparse(Y):
            estimator = make_pipeline(StandardScaler(), estimator)
    check_value("cv", cv, integer(2))
    sizes = _num_samples(X), _num_samples(Y)
    if min(sizes) < 2:
        raise ValueError(
            "proxy_a_distance needs at least two rows of each domain; got "
            f"{sizes[0]} and {sizes[1]} rows."
        )
    domain = np.repeat([0, 1], sizes)
    folds = StratifiedKFold(
        min(int(cv), *sizes), shuffle=True, random_state=random_state
    )
    predicted = cross_val_predict(clone(estimator), stack_rows(X, Y), domain, cv=folds)
    right = recall_score(domain, predicted, average="macro")
    return float(max(2 * (2 * right - 1), 0.0))
