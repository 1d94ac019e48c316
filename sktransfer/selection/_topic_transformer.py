"""What topic models with fixed distributions of features share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted, validate_data

from sktransfer.selection._fold_in import fold_in


class TopicTransformer(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Proportions of fitted topics; subclasses set ``components_`` and ``alpha_``."""

    def _validated(self, X, *, reset):
        return validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            ensure_non_negative=True,
            reset=reset,
        )

    def transform(self, X: Any) -> NDArray:
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
        X = self._validated(X, reset=False)
        shares = fold_in(X, self.components_, getattr(self, "alpha_", 0.0))
        return shares.astype(X.dtype, copy=False)

    @property
    def _n_features_out(self):
        return self.components_.shape[0]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
