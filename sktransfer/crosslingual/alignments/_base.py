"""What all alignments share: rows are normalised, mapped, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import svd
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import check_array
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from sktransfer._core.linalg import unit_rows
from sktransfer.crosslingual.alignments._csls import csls_neighbors, nearest_neighbors

STEPS = ("unit", "center")
FLOATS = (np.float64, np.float32)
SIDES = ("source", "target")


def normalize_rows(
    X: NDArray[Any],
    steps: Sequence[str],
    means: list[NDArray[np.float64]] | None = None,
    sample_weight: NDArray[Any] | None = None,
) -> tuple[NDArray[Any], list[NDArray[np.float64]]]:
    """Normalise rows step by step."""
    given = None if means is None else iter(means)
    taken = []
    for step in steps:
        if step == "unit":
            X = unit_rows(X)
            continue
        if given is None:
            mean = np.average(X.astype(np.float64), axis=0, weights=sample_weight)
        else:
            mean = next(given)
        taken.append(mean)
        X = X - mean.astype(X.dtype)
    return X, taken


def orthogonal_map(
    X: NDArray[Any], Y: NDArray[Any], sample_weight: NDArray[Any] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Semi-orthogonal W with the largest :math:`\sum_i w_i\, x_i^\top W y_i`."""
    return rotation_of_products(cross_products(X, Y, sample_weight))


def cross_products(
    X: NDArray[Any], Y: NDArray[Any], sample_weight: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """Products of the columns of paired rows."""
    Y = Y.astype(np.float64)
    if sample_weight is not None:
        Y *= sample_weight[:, None]
    return X.astype(np.float64).T @ Y


def rotation_of_products(
    products: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Semi-orthogonal W with the largest trace of ``products.T @ W``."""
    U, s, Vt = svd(products, full_matrices=False)
    return U @ Vt, s


def check_number(
    value: Any, name: str, *, least: float = 0.0, most: float = np.inf
) -> None:
    """Raise unless a parameter is a finite number in a range."""
    number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    if not (number and least <= value <= most and np.isfinite(value)):
        upper = "" if most == np.inf else f" and at most {most:g}"
        raise ValueError(
            f"{name} must be a number of at least {least:g}{upper}; got {value!r}."
        )


class Alignment(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of the alignments: two sides in, one common space out.

    A subclass has ``_fit_maps`` and ``_map``, and where rows are normalised first a
    parameter ``normalize``. Rows of the two sides are paired in ``fit``; in
    ``transform`` they need not be.
    """

    normalize: Sequence[str] | None = None

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Alignment:
        """Learn the maps from paired rows.

        Parameters
        ----------
        X : array-like of shape (n_pairs, n_source_features)
            Source vectors.
        y : array-like of shape (n_pairs, n_target_features) or (n_pairs,)
            Target vectors; row i means the same as row i of X.
        sample_weight : array-like of shape (n_pairs,), default=None
            Weights of the pairs. None: all 1.

        Returns
        -------
        self : Alignment
            Fitted.

        Raises
        ------
        ValueError
            If the sides have different numbers of rows, or a parameter is out of
            range.
        """
        X, Y, sample_weight = self._check_pairs(X, y, sample_weight)
        vars(self).pop("state_", None)  # of an earlier partial_fit
        X, Y = self._fit_normalization(X, Y, sample_weight)
        self._fit_maps(X, Y, sample_weight)
        return self

    def _check_pairs(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        reset: bool = True,
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        X, y = validate_data(
            self, X, y, dtype=FLOATS, multi_output=True, y_numeric=True, reset=reset
        )
        Y = as_rows(check_array(y, dtype=FLOATS, ensure_2d=False, input_name="y"))
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        return X, Y, sample_weight

    def _check_normalize(self) -> None:
        steps = self.normalize
        known = not isinstance(steps, str) and (
            steps is None or all(s in STEPS for s in steps)
        )
        if not known:
            raise ValueError(
                f"normalize must be None or a sequence of the steps {STEPS}, such as "
                f'("unit", "center", "unit"); got {steps!r}.'
            )

    def _fit_normalization(
        self,
        X: NDArray[Any],
        Y: NDArray[Any],
        sample_weight: NDArray[np.float64] | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        self._check_normalize()
        steps = self.normalize or ()
        X, self.source_means_ = normalize_rows(X, steps, sample_weight=sample_weight)
        Y, self.target_means_ = normalize_rows(Y, steps, sample_weight=sample_weight)
        self.n_target_features_in_ = Y.shape[1]
        return X, Y

    def _fit_maps(
        self, X: NDArray[Any], Y: NDArray[Any], sample_weight: NDArray[Any] | None
    ) -> None:
        """Learn the maps from normalised pairs and set _n_features_out."""
        raise NotImplementedError

    def _map(self, Z: NDArray[Any], side: str) -> NDArray[Any]:
        """Map normalised rows of a side into the common space, in their dtype."""
        raise NotImplementedError

    def transform(self, X: ArrayLike, y: ArrayLike | None = None) -> Any:
        """Map rows into the common space.

        Parameters
        ----------
        X : array-like of shape (n_source_rows, n_source_features)
            Source vectors.
        y : array-like of shape (n_target_rows, n_target_features), default=None
            Target vectors; they need not pair with X.

        Returns
        -------
        X_mapped : ndarray of shape (n_source_rows, n_features_out)
            In the dtype of X.
        y_mapped : ndarray of shape (n_target_rows, n_features_out)
            In the dtype of y. Only if y was given; then a tuple of both is returned.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False)
        X_mapped = self.map_rows(X, "source")
        if y is None:
            return X_mapped
        Y = as_rows(check_array(y, dtype=FLOATS, ensure_2d=False, input_name="y"))
        if Y.shape[1] != self.n_target_features_in_:
            raise ValueError(
                f"y has {Y.shape[1]} features, but {type(self).__name__} was fitted "
                f"with {self.n_target_features_in_} on the target side."
            )
        return X_mapped, self.map_rows(Y, "target")

    def map_rows(self, rows: NDArray[Any], side: str) -> NDArray[Any]:
        """Map validated rows of one side.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features of the side)
            Rows, float32 or float64.
        side : {"source", "target"}
            The side.

        Returns
        -------
        mapped : ndarray of shape (n_rows, n_features_out)
            In the dtype of the rows.
        """
        means = getattr(self, f"{side}_means_", [])
        return self._map(normalize_rows(rows, self.normalize or (), means)[0], side)

    def translate(
        self,
        X: ArrayLike,
        Y: ArrayLike,
        *,
        n_neighbors: int = 1,
        method: str = "csls",
        k: int = 10,
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Find the rows of Y that are closest to each row of X in the common space.

        Parameters
        ----------
        X : array-like of shape (n_source_rows, n_source_features)
            Source vectors, such as those of the words to translate. With
            ``method="csls"`` the similarity of each row of Y is corrected by its mean
            similarity to these rows: give many, the whole vocabulary if you can.
        Y : array-like of shape (n_target_rows, n_target_features)
            Target vectors to choose from.
        n_neighbors : int, default=1
            Number of rows to return.
        method : {"csls", "cosine"}, default="csls"
            Similarity, see :func:`~sktransfer.crosslingual.csls_neighbors`.
        k : int, default=10
            Neighbourhood of "csls".

        Returns
        -------
        indices : ndarray of int64 of shape (n_source_rows, n_neighbors)
            Rows of Y, the best first.
        scores : ndarray of shape (n_source_rows, n_neighbors)
            Their similarities.
        """
        if method not in ("csls", "cosine"):
            raise ValueError(f'method must be "csls" or "cosine"; got {method!r}.')
        sides = self.transform(X, Y)
        # set_output may have made a frame of the first
        X_mapped, Y_mapped = (np.asarray(Z) for Z in sides)
        if method == "cosine":
            return nearest_neighbors(X_mapped, Y_mapped, n_neighbors=n_neighbors)
        return csls_neighbors(X_mapped, Y_mapped, k=k, n_neighbors=n_neighbors)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def as_rows(Y: NDArray[Any]) -> NDArray[Any]:
    """Target vectors as rows, also where they have one feature."""
    return Y.reshape(-1, 1) if Y.ndim == 1 else Y


def fit_first(
    alignment: Any,
    X: NDArray[Any],
    Y: NDArray[Any],
    *,
    name: str = "initial",
) -> tuple[Alignment, NDArray[Any], NDArray[Any]]:
    """Fit an alignment that is part of another one, and map the pairs by it."""
    if not isinstance(alignment, Alignment):
        raise TypeError(
            f"{name} must be an alignment of sktransfer.crosslingual, such as "
            f"Procrustes(), or None; got {alignment!r}."
        )
    fitted = clone(alignment).set_output(transform="default")
    fitted.fit(X, Y)
    sides = fitted.map_rows(X, "source"), fitted.map_rows(Y, "target")
    return fitted, *(unit_rows(Z) for Z in sides)
