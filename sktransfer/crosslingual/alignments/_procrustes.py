"""Procrustes: turn the source vectors into the target's, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, svd

from sktransfer.crosslingual.alignments._moment_alignment import MomentAlignment


def orthogonal_map(
    X: NDArray[Any], Y: NDArray[Any], sample_weight: NDArray[Any] | None = None
) -> NDArray[np.float64]:
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


def rotation_of_products(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Semi-orthogonal W with the largest trace of ``products.T @ W``."""
    try:
        U, _, Vt = svd(products, full_matrices=False)
    except LinAlgError:  # the faster driver may fail where the rank is low
        U, _, Vt = svd(products, full_matrices=False, lapack_driver="gesvd")
    return U @ Vt


class Procrustes(MomentAlignment):
    r"""Rotation of source vectors into the space of the target.

    .. math:: W = \arg\max_{W^\top W = I} \sum_i w_i\, x_i^\top W y_i = U V^\top,
              \qquad U S V^\top = \textstyle\sum_i w_i\, x_i y_i^\top .

    For rows of unit length this is also the least squares solution. Angles and lengths
    of source vectors do not change, so that few pairs are enough.

    Parameters
    ----------
    normalize : sequence of str or None, default=("unit", "center", "unit")
        What happens to the rows of each side before the map, in this order: "unit"
        scales each row to length 1, "center" subtracts the mean of the rows of
        ``fit``. None: nothing.

    Attributes
    ----------
    rotation_ : ndarray of float64 of shape (n_source_features, n_target_features)
        W; orthogonal columns if the source has at least as many features as the
        target, orthogonal rows if it has at most as many.
    source_means_, target_means_ : list of ndarray of shape (n_features,)
        What each "center" subtracts.
    n_target_features_in_ : int
        Number of features of the target side.

    See Also
    --------
    WhitenedAlignment : Also re-scales directions, by how well they agree.
    SelfLearningAlignment : Needs few pairs or none.

    Notes
    -----
    ``transform(X)`` maps source rows; ``transform(X, y)`` returns the mapped source
    rows and the normalised target rows, of which there may be another number. float32
    rows stay float32; the rotation is computed in float64. ``fit_transform`` returns
    the mapped source rows alone, so that an alignment can be a step of a Pipeline.

    References
    ----------
    .. [1] P. H. Schönemann, "A generalized solution of the orthogonal Procrustes
           problem", Psychometrika 31, 1966.
    .. [2] C. Xing, D. Wang, C. Liu, Y. Lin, "Normalized word embedding and orthogonal
           transform for bilingual word translation", NAACL 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.crosslingual import Procrustes
    >>> Y = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]])
    >>> X = Y[:, ::-1]  # the same vectors, in another basis
    >>> Procrustes().fit(X, Y).rotation_.round(6) + 0.0
    array([[0., 1.],
           [1., 0.]])
    """

    def __init__(
        self, normalize: Sequence[str] | None = ("unit", "center", "unit")
    ) -> None:
        self.normalize = normalize

    def fit_maps(
        self, X: NDArray[Any], Y: NDArray[Any], sample_weight: NDArray[Any] | None
    ) -> None:
        """Learn the rotation from normalised pairs.

        Parameters
        ----------
        X : ndarray of shape (n_pairs, n_source_features)
            Source rows.
        Y : ndarray of shape (n_pairs, n_target_features)
            Target rows.
        sample_weight : ndarray of float64 of shape (n_pairs,) or None
            Weights of the pairs. None: all 1.
        """
        # the products within the sides are not needed
        self._set_rotation(cross_products(X, Y, sample_weight))

    def _fit_products(
        self,
        source: NDArray[np.float64],
        target: NDArray[np.float64],
        cross: NDArray[np.float64],
    ) -> None:
        self._set_rotation(cross)

    def _set_rotation(self, cross: NDArray[np.float64]) -> None:
        self.rotation_ = rotation_of_products(cross)

    def apply_map(self, rows: NDArray[Any], side: str) -> NDArray[Any]:
        """Turn normalised rows of the source; those of the target stay.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features of the side)
            Rows, float32 or float64.
        side : {"source", "target"}
            The side.

        Returns
        -------
        mapped : ndarray of shape (n_rows, n_target_features)
            In the dtype of the rows.
        """
        if side == "target":
            return rows
        return rows @ self.rotation_.astype(rows.dtype)
