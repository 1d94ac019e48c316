"""WhitenedAlignment: whiten, rotate, re-weight, de-whiten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd

from sktransfer._core.domains import SIDES
from sktransfer._core.linalg import power_of_eigh, spd_eigh
from sktransfer._core.parameters import integer, number, one_of
from sktransfer.crosslingual.alignments._moment_alignment import MomentAlignment
from sktransfer.crosslingual.alignments._procrustes import cross_products


class WhitenedMaps(NamedTuple):
    """Maps of both sides, and how well each direction agrees."""

    source: NDArray[np.float64]
    target: NDArray[np.float64]
    correlations: NDArray[np.float64]


def whitened_maps(
    source: NDArray[np.float64],
    target: NDArray[np.float64],
    cross: NDArray[np.float64],
    *,
    whiten: bool = True,
    reg: float = 0.0,
    powers: tuple[float, float] = (0.5, 0.5),
    dewhiten: tuple[str | None, str | None] = SIDES,
) -> WhitenedMaps:
    r"""Both maps of the multi-step framework, as matrices.

    :math:`A_x = C_x^{-1/2}\, U S^{a}\, D_x`, with :math:`U S V^\top = C_x^{-1/2} C_{xy}
    C_y^{-1/2}` and :math:`D_x = U^\top C_x^{1/2} U` (de-whitened by the source) or
    :math:`V^\top C_y^{1/2} V` (by the target); the target's likewise.
    """
    whitener, root = [], []
    for C in (source, target):
        p = C.shape[0]
        if not whiten:
            whitener.append(np.eye(p))
            root.append(np.eye(p))
            continue
        C = np.array(C)
        C.flat[:: p + 1] += reg * np.trace(C) / p
        eigen = spd_eigh(C, rcond=1e-10)
        whitener.append(power_of_eigh(*eigen, -0.5))
        root.append(power_of_eigh(*eigen, 0.5))
    cross = whitener[0] @ cross @ whitener[1]
    U, s, Vt = svd(cross, full_matrices=False)
    directions = U, Vt.T
    back = {
        side: Q.T @ R @ Q for side, Q, R in zip(SIDES, directions, root, strict=True)
    }
    maps: list[NDArray[np.float64]] = []
    for W, Q, power, side in zip(whitener, directions, powers, dewhiten, strict=True):
        A = W @ Q
        if side == "unit":
            length = np.linalg.norm(A, axis=0)
            A /= np.where(length > 0, length, 1)
        A *= s**power
        maps.append(A @ back[side] if side in back else A)
    return WhitenedMaps(maps[0], maps[1], s)


class WhitenedAlignment(MomentAlignment):
    r"""Map of both sides in steps: whiten, rotate, re-weight, de-whiten.

    Whitening makes all directions of each side equally long, so that a rotation of both
    sides sorts them by how well they agree: the singular values are the canonical
    correlations. Re-weighting shortens the directions that agree badly; de-whitening
    gives the directions their own lengths back. A subset of the steps is canonical
    correlation analysis, another one orthogonal Procrustes.

    Parameters
    ----------
    normalize : sequence of str or None, default=("unit", "center", "unit")
        What happens to the rows of each side before the map, in this order: "unit"
        scales each row to length 1, "center" subtracts the mean of the rows of
        ``fit``. None: nothing.
    whiten : bool, default=True
        Whiten each side. False: the rotation is that of
        :class:`~sktransfer.crosslingual.Procrustes`, written as one of each side.
    reg : float, default=0.0
        Regularisation of the whitening: this times the mean eigenvalue is added to the
        eigenvalues of each covariance. Take .1 to 1 for fewer than some 10 pairs a
        feature.
    source_power, target_power : float, default=0.5
        Exponent of the singular values on each side; 0 does not re-weight. What counts
        for the similarities is mostly the sum of both.
    dewhiten_source : {"source", "target", "unit"} or None, default="source"
        Whose covariance the source is given back after the rotation. "unit": each
        direction is a vector of length 1, so it is given back the variance of the rows
        along it, and directions are not turned. Columns are those of
        ``CCA(scale=False)`` of scikit-learn up to a factor, which is 1 or -1 for the
        first. None: it stays white.
    dewhiten_target : {"source", "target", "unit"} or None, default="target"
        The same of the target.
    n_components : int, default=None
        Number of directions to keep, those that agree best first. None: the smaller
        number of features.

    Attributes
    ----------
    source_map_ : ndarray of float64 of shape (n_source_features, n_components)
        All steps after ``normalize`` in one matrix.
    target_map_ : ndarray of float64 of shape (n_target_features, n_components)
        The same of the target.
    correlations_ : ndarray of float64 of shape (min of the numbers of features,)
        Singular values, in decreasing order.
    source_means_, target_means_ : list of ndarray of shape (n_features,)
        What each "center" subtracts.
    n_target_features_in_ : int
        Number of features of the target side.

    See Also
    --------
    Procrustes : The rotation alone; needs fewer pairs.

    Notes
    -----
    Second moments are taken about 0: after "center" they are covariances. float32 rows
    stay float32; the maps are computed in float64.

    References
    ----------
    .. [1] M. Artetxe, G. Labaka, E. Agirre, "Generalizing and improving bilingual word
           embedding mappings with a multi-step framework of linear transformations",
           AAAI 2018.
    .. [2] M. Faruqui, C. Dyer, "Improving vector space word representations using
           multilingual correlation", EACL 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.crosslingual import WhitenedAlignment
    >>> rng = np.random.default_rng(0)
    >>> Y = rng.normal(size=(200, 3))
    >>> X = np.c_[Y[:, :2] @ [[2.0, 1.0], [0.0, 0.1]], rng.normal(size=200)]
    >>> alignment = WhitenedAlignment(normalize=("center",)).fit(X, Y)
    >>> alignment.correlations_.round(1)
    array([1. , 1. , 0.1])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "whiten": ["boolean"],
        "reg": [number(0)],
        "source_power": [number(0)],
        "target_power": [number(0)],
        "dewhiten_source": [one_of("source", "target", "unit"), None],
        "dewhiten_target": [one_of("source", "target", "unit"), None],
        "n_components": [integer(1), None],
    }

    def __init__(
        self,
        normalize: Sequence[str] | None = ("unit", "center", "unit"),
        *,
        whiten: bool = True,
        reg: float = 0.0,
        source_power: float = 0.5,
        target_power: float = 0.5,
        dewhiten_source: str | None = "source",
        dewhiten_target: str | None = "target",
        n_components: int | None = None,
    ) -> None:
        self.normalize = normalize
        self.whiten = whiten
        self.reg = reg
        self.source_power = source_power
        self.target_power = target_power
        self.dewhiten_source = dewhiten_source
        self.dewhiten_target = dewhiten_target
        self.n_components = n_components

    def fit_maps(
        self, X: NDArray[Any], Y: NDArray[Any], sample_weight: NDArray[Any] | None
    ) -> None:
        """Learn the maps from normalised pairs.

        Parameters
        ----------
        X : ndarray of shape (n_pairs, n_source_features)
            Source rows.
        Y : ndarray of shape (n_pairs, n_target_features)
            Target rows.
        sample_weight : ndarray of float64 of shape (n_pairs,) or None
            Weights of the pairs. None: all 1.
        """
        w = np.ones(X.shape[0]) if sample_weight is None else sample_weight
        w = w / w.sum()
        self._fit_products(
            cross_products(X, X, w), cross_products(Y, Y, w), cross_products(X, Y, w)
        )

    def _fit_products(
        self,
        source: NDArray[np.float64],
        target: NDArray[np.float64],
        cross: NDArray[np.float64],
    ) -> None:
        most = min(cross.shape)
        n_components = most if self.n_components is None else self.n_components
        if n_components > most:
            raise ValueError(
                f"n_components must be None or an integer from 1 to {most}, the "
                f"smaller number of features of the two sides; got {n_components!r}."
            )
        maps = whitened_maps(
            source,
            target,
            cross,
            whiten=self.whiten,
            reg=self.reg,
            powers=(self.source_power, self.target_power),
            dewhiten=(self.dewhiten_source, self.dewhiten_target),
        )
        self.source_map_ = maps.source[:, :n_components]
        self.target_map_ = maps.target[:, :n_components]
        self.correlations_ = maps.correlations

    def apply_map(self, rows: NDArray[Any], side: str) -> NDArray[Any]:
        """Map normalised rows of one side.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features of the side)
            Rows, float32 or float64.
        side : {"source", "target"}
            The side.

        Returns
        -------
        mapped : ndarray of shape (n_rows, n_components)
            In the dtype of the rows.
        """
        return rows @ getattr(self, f"{side}_map_").astype(rows.dtype)
