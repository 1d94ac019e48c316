"""What the selectors share: scores of the features, and the k best of them."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sktransfer.selection._label_scores import LABEL_SCORES


class DomainSelector(SelectorMixin, BaseEstimator):
    """Keeps the ``k`` features of the highest ``scores_``, which subclasses fit."""

    @property
    def score(self) -> None:
        """The parameter, readable through `get_params` only.

        scikit-learn takes an attribute of this name for the method that rates a fitted
        model, which a selector does not have.

        Raises
        ------
        AttributeError
            Always.
        """
        raise AttributeError(
            f"{type(self).__name__} has no method score; the parameter of that name is "
            'get_params()["score"].'
        )

    @score.setter
    def score(self, value):
        vars(self)["score"] = value

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include those of parameters that are estimators themselves.

        Returns
        -------
        params : dict of str to object
            Value of each parameter by its name.
        """
        params = {name: vars(self)[name] for name in self._get_param_names()}
        inner = {
            f"{name}__{key}": value
            for name, part in params.items()
            if deep and hasattr(part, "get_params") and not isinstance(part, type)
            for key, value in part.get_params().items()
        }
        return params | inner

    def _check_selection(self):
        score = vars(self)["score"]
        if not callable(score) and score not in LABEL_SCORES:
            names = ", ".join(f'"{name}"' for name in LABEL_SCORES)
            raise ValueError(
                f"score must be one of {names} or a function of (X, y); got {score!r}."
            )
        self._check_power("sharing_power")
        n_kept(self.k, 1)

    def _check_power(self, name):
        power = getattr(self, name)
        if not isinstance(power, Real) or not 0 <= power < np.inf:
            raise ValueError(
                f"{name} must be a finite number not below 0; got {power!r}."
            )

    def _validated(self, X, *, reset=True):
        return validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            ensure_non_negative=True,
            reset=reset,
        )

    def _warn_if_nothing_carries_over(self):
        if self.scores_.any():
            return
        if self.label_scores_.any():
            reason = (
                "no feature of the source that informs the label occurs in the target "
                "and says the same there. Texts of two languages need "
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
            stacklevel=3,
        )

    def _get_support_mask(self):
        check_is_fitted(self, "scores_")
        best = np.argsort(-self.scores_, kind="stable")
        mask = np.zeros(best.size, dtype=bool)
        mask[best[: n_kept(self.k, best.size)]] = True
        return mask

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        return tags


def n_kept(k: int | float | str, n_features: int) -> int:
    """Number of features that the parameter ``k`` keeps."""
    if isinstance(k, str) and k == "all":
        return n_features
    if isinstance(k, Integral) and not isinstance(k, bool) and k >= 1:
        return min(int(k), n_features)
    if isinstance(k, Real) and not isinstance(k, Integral) and 0 < k <= 1:
        return max(1, round(k * n_features))
    raise ValueError(
        "k must be a positive integer (number of features), a float above 0 and up to "
        f'1 (share of the features) or "all"; got {k!r}.'
    )
