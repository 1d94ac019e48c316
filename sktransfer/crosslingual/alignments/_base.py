"""Alignment: the base of all alignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.inputs import check_rows_of, validate_rows
from sktransfer._core.linalg import unit_rows
from sktransfer._core.parameters import check_parameters, check_value, one_of
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer._core.weights import check_sample_weight
from sktransfer.crosslingual.alignments._csls import csls_neighbors, nearest_neighbors

STEPS = ("unit", "center")


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


class Alignment(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    GivenParameters,
    BaseEstimator,
):
    """Base of alignments: maps of two vector spaces into a common one.

    Rows of the two sides are paired in ``fit``; in ``transform`` they need not be.

    A subclass writes two methods, which get rows that are validated and normalised:

    - ``fit_maps(X, Y, sample_weight)`` learns from pairs and sets attributes that end
      in ``_``;
    - ``apply_map(rows, side)`` maps rows of the "source" or of the "target".

    If it has a parameter ``normalize``, rows are normalised by it first. What it lists
    in ``_parameter_constraints`` is checked before ``fit_maps``.

    Attributes
    ----------
    source_means_, target_means_ : list of ndarray of shape (n_features,)
        What each step "center" of ``normalize`` subtracts.
    n_target_features_in_ : int
        Number of features of the target side.

    See Also
    --------
    Procrustes : The simplest one.

    Notes
    -----
    Wherever this package takes an alignment, it takes any estimator with ``fit(X, Y)``
    on paired rows, ``transform(X, Y)``, which returns both sides in the common space,
    and ``transform(X)``, which returns the source. It need not inherit from this class.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.crosslingual import Alignment
    >>> class LeastSquares(Alignment):
    ...     def fit_maps(self, X, Y, sample_weight=None):
    ...         self.map_ = np.linalg.lstsq(X, Y)[0]
    ...     def apply_map(self, rows, side):
    ...         return rows @ self.map_ if side == "source" else rows
    >>> X = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> alignment = LeastSquares().fit(X, X @ [[1.0], [3.0]])
    >>> alignment.transform([[2.0, 1.0]]).round(6)
    array([[5.]])
    >>> alignment.get_feature_names_out()
    array(['leastsquares0'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}
    normalize: Sequence[str] | None = None

    @reports_progress
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
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
        check_parameters(self)
        sources, targets, weights = self._check_pairs(X, y, sample_weight)
        self.__dict__.pop("state_", None)  # of an earlier partial_fit
        sources, targets = self._fit_normalization(sources, targets, weights)
        self.fit_maps(sources, targets, weights)
        return self

    def _check_pairs(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        reset: bool = True,
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        sources, targets = validate_rows(
            self,
            X,
            y,
            accept_sparse=False,
            multi_output=True,
            y_numeric=True,
            reset=reset,
        )
        targets = check_rows_of(targets, "y", accept_sparse=False, ensure_2d=False)
        weights = check_sample_weight(sample_weight, sources, dtype=np.float64)
        return sources, as_rows(targets), weights

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

    def fit_maps(
        self, X: NDArray[Any], Y: NDArray[Any], sample_weight: NDArray[Any] | None
    ) -> None:
        """Learn the maps from normalised pairs; written by a subclass.

        Parameters
        ----------
        X : ndarray of shape (n_pairs, n_source_features)
            Source rows, float32 or float64.
        Y : ndarray of shape (n_pairs, n_target_features)
            Target rows, float32 or float64.
        sample_weight : ndarray of float64 of shape (n_pairs,) or None
            Weights of the pairs. None: all 1.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define fit_maps(X, Y, sample_weight)."
        )

    def apply_map(self, rows: NDArray[Any], side: str) -> NDArray[Any]:
        """Map normalised rows of one side; written by a subclass.

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
        raise NotImplementedError(
            f"{type(self).__name__} must define apply_map(rows, side)."
        )

    @property
    def _n_features_out(self) -> int:
        row = np.zeros((1, self.n_target_features_in_))
        return self.map_rows(row, "target").shape[1]

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
        sources = validate_rows(self, X, accept_sparse=False, reset=False)
        X_mapped = self.map_rows(sources, "source")
        if y is None:
            return X_mapped
        Y = as_rows(check_rows_of(y, "y", accept_sparse=False, ensure_2d=False))
        if Y.shape[1] != self.n_target_features_in_:
            raise ValueError(
                f"y has {Y.shape[1]} features, but {type(self).__name__} was fitted "
                f"with {self.n_target_features_in_} on the target side."
            )
        return X_mapped, self.map_rows(Y, "target")

    def map_rows(self, rows: NDArray[Any], side: str) -> NDArray[Any]:
        """Normalise and map validated rows of one side.

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
        return self.apply_map(
            normalize_rows(rows, self.normalize or (), means)[0], side
        )

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
        check_value("method", method, one_of("csls", "cosine"))
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
