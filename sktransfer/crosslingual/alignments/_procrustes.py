"""Procrustes: turn the source vectors into the target's, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.crosslingual.alignments._base import (
    cross_products,
    rotation_of_products,
)
from sktransfer.crosslingual.alignments._moment_alignment import MomentAlignment


class Procrustes(MomentAlignment):
    r"""Rotation of source vectors into the space of the target.

    .. math:: W = \arg\max_{W^\top W = I} \sum_i w_i\, x_i^\top W y_i = U V^\top,
              \qquad U S V^\top = \textstyle\sum_i w_i\, x_i y_i^\top .

    For rows of unit length this is also the least squares solution. Angles and lengths
    of source vectors stay what they are, so that few pairs are enough.

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

    def _fit_maps(
        self, X: NDArray[Any], Y: NDArray[Any], sample_weight: NDArray[Any] | None
    ) -> None:
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
        self.rotation_, _ = rotation_of_products(cross)
        self._n_features_out = cross.shape[1]

    def _map(self, Z: NDArray[Any], side: str) -> NDArray[Any]:
        if side == "target":
            return Z
        return Z @ self.rotation_.astype(Z.dtype)
