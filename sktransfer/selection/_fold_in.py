"""Topic proportions of documents under topics that stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse


def fold_in(
    X: Any,
    topics: NDArray,
    prior: ArrayLike = 0.0,
    *,
    max_iter: int = 100,
    tol: float = 1e-4,
) -> NDArray[np.float64]:
    r"""Proportions of given topics in each document, by expectation maximisation.

    From equal proportions, each document repeats

    .. math:: \theta_z \propto \alpha_z + \sum_w x_w\,
              \frac{\theta_z\,\phi_{zw}}{\sum_{z'} \theta_{z'}\,\phi_{z'w}} .

    With :math:`\alpha = 0` this climbs the likelihood of PLSA, which is concave in
    :math:`\theta`. With :math:`\alpha > 0` it is the posterior mode under a Dirichlet
    prior of parameters :math:`1 + \alpha`. Nothing is drawn at random and no document
    looks at another one.
    """
    X = sparse.csr_array(X)
    by_feature = np.ascontiguousarray(np.asarray(topics, dtype=np.float64).T)
    n_topics = by_feature.shape[1]
    prior = np.broadcast_to(np.asarray(prior, dtype=np.float64), n_topics)
    shares = np.zeros((X.shape[0], n_topics))
    for i, (start, stop) in enumerate(zip(X.indptr[:-1], X.indptr[1:])):
        phi = by_feature[X.indices[start:stop]]
        known = phi.any(axis=1) & (X.data[start:stop] > 0)
        phi, x = phi[known], X.data[start:stop][known]
        theta = np.full(n_topics, 1.0 / n_topics)
        total = prior.sum() + x.sum(dtype=np.float64)
        if total == 0:
            continue
        for _ in range(max_iter):
            before = theta
            theta = (prior + theta * ((x / (phi @ theta)) @ phi)) / total
            if np.abs(theta - before).max() <= tol:
                break
        shares[i] = theta
    return shares
