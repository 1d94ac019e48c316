"""Proportions of topics in documents, and the base class of the topic models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.inputs import validate_rows
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin
from sktransfer._core.sparse import is_sparse


def infer_topic_shares(
    X: Any,
    topics: NDArray[Any],
    prior: ArrayLike = 0.0,
    *,
    max_iter: int = 100,
    tol: float = 1e-4,
) -> NDArray[np.float64]:
    r"""Proportions of given topics in each document (folding in), by EM.

    From equal proportions, each document repeats

    .. math:: \theta_z \propto \alpha_z + \sum_w x_w\,
              \frac{\theta_z\,\phi_{zw}}{\sum_{z'} \theta_{z'}\,\phi_{z'w}} .

    With :math:`\alpha = 0` this climbs the likelihood of PLSA, which is concave in
    :math:`\theta`. With :math:`\alpha > 0` it is the posterior mode under a Dirichlet
    prior of parameters :math:`1 + \alpha`. Nothing is random, and the result of a
    document does not depend on others.
    """
    X = sparse.csr_array(X)
    by_feature = np.ascontiguousarray(np.asarray(topics, dtype=np.float64).T)
    n_topics = by_feature.shape[1]
    alpha = np.broadcast_to(np.asarray(prior, dtype=np.float64), n_topics)
    shares = np.zeros((X.shape[0], n_topics))
    for i, (start, stop) in enumerate(zip(X.indptr[:-1], X.indptr[1:])):
        phi = by_feature[X.indices[start:stop]]
        known = phi.any(axis=1) & (X.data[start:stop] > 0)
        phi, x = phi[known], X.data[start:stop][known]
        theta = np.full(n_topics, 1.0 / n_topics)
        total = alpha.sum() + x.sum(dtype=np.float64)
        if total == 0:
            continue
        for _ in range(max_iter):
            before = theta
            theta = (alpha + theta * ((x / (phi @ theta)) @ phi)) / total
            if np.abs(theta - before).max() <= tol:
                break
        shares[i] = theta
    return shares


class TopicTransformer(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    GivenParameters,
    BaseEstimator,
):
    """Base of topic models whose topics are distributions of the features.

    A subclass sets ``components_``, the topics, and ``alpha_`` where it has a prior.
    """

    def _validate_counts(self, X: Any, *, reset: bool) -> Any:
        X = validate_rows(self, X, ensure_non_negative=True, reset=reset)
        if is_sparse(X) and not X.data.all():
            X = X.copy()
            X.eliminate_zeros()
        return X

    def transform(self, X: Any) -> NDArray[np.floating]:
        """Find the proportions of the topics in documents.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts or weights, not below 0.

        Returns
        -------
        shares : ndarray of shape (n_samples, n_components)
            Rows of sum 1. A document without features has the shares of the prior, or
            0 everywhere where the model has none.
        """
        check_is_fitted(self)
        X = self._validate_counts(X, reset=False)
        shares = infer_topic_shares(X, self.components_, getattr(self, "alpha_", 0.0))
        return shares.astype(X.dtype, copy=False)

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
