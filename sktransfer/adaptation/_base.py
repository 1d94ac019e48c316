"""What the mappers of features share: rows that know their domain."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin

FLOATS = (np.float64, np.float32)


class DomainMapper(TransformerMixin, BaseEstimator):
    """Transformer of dense or sparse rows whose ``fit`` and ``transform`` take domains.

    A subclass has ``fit(X, y=None, sample_domain=None)`` and ``transform(X,
    sample_domain=None)``; float32 rows stay float32.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}
    __metadata_request__transform: ClassVar[dict[str, bool]] = {"sample_domain": True}

    def fit_transform(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> Any:
        """Fit, then map each row by its own domain.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of the source and the target.
        y : array-like of shape (n_samples,), default=None
            As in ``fit``.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target.

        Returns
        -------
        Z : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            The rows as ``transform`` maps them, in the order of ``X``.
        """
        return self.fit(X, y, sample_domain).transform(X, sample_domain)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
