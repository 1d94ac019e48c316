"""What transfer estimators share: parts, weights of rows, domains in predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_is_fitted,
    validate_data,
)

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.parts import fit_weights, map_rows
from sktransfer.transfer._parameters import (
    SOURCE_SHARES,
    TARGET_LABELS,
    check_choice,
    check_count,
    check_positive,
    check_strength,
)
from sktransfer.transfer._source_shares import share_sources
from sktransfer.transfer.strategies._augment import NUMBERS, domain_copies
from sktransfer.transfer.strategies._base import Rows, check_target_labels


class TransferEstimator(MetaEstimatorMixin, BaseEstimator):
    """Base of TransferClassifier and TransferRegressor; not for direct use."""

    def _check_common(self, strategies: tuple[str, ...]) -> None:
        check_choice("strategy", self.strategy, strategies)
        check_choice("target_labels", self.target_labels, TARGET_LABELS)
        check_choice("source_shares", self.source_shares, SOURCE_SHARES)
        check_positive("target_weight", self.target_weight)
        check_strength(self.strength)
        check_count("n_estimators", self.n_estimators)

    def _row_weights(
        self, Z: Any, y: Any, domain: NDArray[np.int64] | None, sample_weight: Any
    ) -> NDArray[np.floating] | None:
        """Weight of each row, or None where all are the same by construction."""
        n = _num_samples(Z)
        weights = None
        if self.weighter_ is not None:
            weights = np.array(fit_weights(self.weighter_, Z, y, domain))
        if self.target_weight != 1 and domain is not None:
            weights = np.ones(n) if weights is None else weights
            weights[domain < 0] *= self.target_weight
        if sample_weight is not None:
            own = _check_sample_weight(
                sample_weight, Z if self.mapper_ else np.zeros(n)
            )
            weights = own if weights is None else weights * own
        return weights

    def _prepared(self, X: Any, rows: Rows) -> Rows:
        """Rows as the strategy needs them: sources weighted, domains copied."""
        check_target_labels(self.strategy, rows)
        self._sources = self.source_shares_ = None
        if self.source_shares == "target":
            rows, self.source_shares_ = share_sources(self._base(), rows)
        if self.strategy == "augment" and rows.domain is not None:
            self._sources = np.unique(rows.domain[rows.domain > 0])
            if self.mapper_ is None:
                validate_data(self, X, **NUMBERS)
            Z = domain_copies(rows.Z, rows.domain, self._sources)
            rows = rows._replace(Z=Z)
        return rows

    def _mapped(self, X: Any, sample_domain: Any) -> Any:
        """Rows as the estimator takes them."""
        check_is_fitted(self)
        domain = check_sample_domain(sample_domain, _num_samples(X))
        if self.mapper_ is not None:
            X = map_rows(self.mapper_, X, domain)
        elif self._sources is not None:
            validate_data(self, X, reset=False, **NUMBERS)
        return X if self._sources is None else domain_copies(X, domain, self._sources)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        first = self._base() if self.mapper is None else self.mapper
        tags.input_tags = get_tags(first).input_tags
        tags.target_tags.required = True
        return tags
