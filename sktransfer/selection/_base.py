"""The base class of the selectors: keep the k features of the highest scores."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.inputs import row_container, validate_rows
from sktransfer._core.parameters import integer, number, one_of
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin
from sktransfer.selection._label_scores import LABEL_SCORES


def n_kept(k: int | float | str, n_features: int) -> int:
    """Number of features that the parameter ``k`` keeps."""
    if isinstance(k, str):  # "all"
        return n_features
    if isinstance(k, Integral):
        return min(int(k), n_features)
    return max(1, round(k * n_features))


class DomainSelector(
    SelectorMixin, CallbackSupportMixin, GivenParameters, BaseEstimator
):
    """Keeps the ``k`` features of the highest ``scores_``, which subclasses fit."""

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "score_func": [one_of(*LABEL_SCORES), callable],
        "k": [integer(1), number(most=1, above=0), one_of("all")],
        "sharing_power": [number(0)],
    }

    scores_: NDArray[np.float64]
    label_scores_: NDArray[np.float64]

    def _validate_counts(self, X: Any, *, reset: bool = True) -> Any:
        return validate_rows(self, X, ensure_non_negative=True, reset=reset)

    def transform(self, X: Any) -> Any:
        """Keep the selected features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        kept : {ndarray, sparse matrix} of shape (n_samples, n_selected)
            The columns that are kept, of the dtype of X.
        """
        return super().transform(row_container(X))

    def _warn_if_nothing_carries_over(self) -> None:
        if self.scores_.any():
            return
        if self.label_scores_.any():
            reason = (
                "no feature of the source that informs the label occurs in the target "
                "with the same meaning. Texts of two languages need "
                "CrossLingualMapper"
            )
        else:
            reason = (
                "no feature informs the label of the source rows. Pass labels of at "
                "least two classes"
            )
        warnings.warn(
            f"All scores are 0, so the first columns are kept: {reason}.",
            UserWarning,
            stacklevel=4,
        )

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self, "scores_")
        best = np.argsort(-self.scores_, kind="stable")
        mask = np.zeros(best.size, dtype=bool)
        mask[best[: n_kept(self.k, best.size)]] = True
        return mask

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        return tags
