"""KernelAlignment: what a linear map leaves over, by ridge in a kernel's features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import RidgeCV

from sktransfer._core.kernels import median_gamma
from sktransfer._core.linalg import unit_rows
from sktransfer._core.parameters import check_parameters, integer, number
from sktransfer._core.progress import reports_progress
from sktransfer.crosslingual.alignments._base import Alignment
from sktransfer.crosslingual.alignments._parts import fit_alignment, map_side
from sktransfer.crosslingual.alignments._procrustes import Procrustes


class KernelAlignment(Alignment):
    r"""Non-linear map: an alignment, and a correction in the features of a kernel.

    The residual of a linear alignment is predicted by kernel ridge regression with
    Nystroem features, so that linear time and memory are kept:

    .. math:: x \mapsto z + \phi(z)^\top B, \qquad
              B = \arg\min_B \sum_i \lVert y_i - z_i - B^\top \phi(z_i) \rVert^2
              + \alpha \lVert B \rVert^2 ,

    with z the source row in the common space of the alignment. A large
    :math:`\alpha` leaves the alignment alone.

    Parameters
    ----------
    initial : alignment, default=None
        Fitted first, see :class:`Alignment` for what may stand here. It normalises the
        rows. None: :class:`~sktransfer.crosslingual.Procrustes`.
    n_components : int, default=300
        Number of Nystroem features; at most the number of pairs is used.
    gamma : float, default=None
        Scale of the Gaussian kernel. None: the median heuristic.
    alphas : sequence of float, default=(0.1, 1.0, 10.0, 100.0)
        Strengths of the ridge, chosen by leave-one-out errors.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice of the pairs that the features are built on.

    Attributes
    ----------
    initial_ : alignment
        The fitted initial alignment.
    alpha_ : float
        The chosen strength.
    features_ : Nystroem
        The features.
    coef_ : ndarray of float64 of shape (n_components, n_features_out)
        B.
    n_target_features_in_ : int
        Number of features of the target side.

    See Also
    --------
    WhitenedAlignment : A linear map of both sides.

    Notes
    -----
    Source and target rows of the common space have unit length before the correction.
    float32 rows stay float32.

    References
    ----------
    .. [1] C. K. I. Williams, M. Seeger, "Using the Nystroem method to speed up kernel
           machines", NIPS 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.crosslingual import KernelAlignment
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 3))
    >>> Y = np.c_[X[:, 0], np.abs(X[:, 1]), X[:, 2]]  # not linear
    >>> alignment = KernelAlignment(random_state=0).fit(X[:400], Y[:400])
    >>> mapped, target = alignment.transform(X[400:], Y[400:])
    >>> linear, _ = alignment.initial_.transform(X[400:], Y[400:])
    >>> bool(((mapped - target) ** 2).sum() < ((linear - target) ** 2).sum() / 5)
    True
    """

    _part_examples: ClassVar[dict[str, str]] = {"initial": "Procrustes()"}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [integer(1)],
        "gamma": [number(above=0), None],
        "alphas": ["array-like"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        initial: Any = None,
        *,
        n_components: int = 300,
        gamma: float | None = None,
        alphas: Sequence[float] = (0.1, 1.0, 10.0, 100.0),
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.initial = initial
        self.n_components = n_components
        self.gamma = gamma
        self.alphas = alphas
        self.random_state = random_state

    # no weights: not every initial alignment takes them
    @reports_progress
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # type: ignore[override]
        """Learn the maps from paired rows.

        Parameters
        ----------
        X : array-like of shape (n_pairs, n_source_features)
            Source vectors.
        y : array-like of shape (n_pairs, n_target_features) or (n_pairs,)
            Target vectors; row i means the same as row i of X.

        Returns
        -------
        self : KernelAlignment
            Fitted.

        Raises
        ------
        ValueError
            If the sides have different numbers of rows, or a parameter is out of
            range.
        """
        check_parameters(self)
        sources, targets, _ = self._check_pairs(X, y, None)
        self.n_target_features_in_ = targets.shape[1]
        initial = Procrustes() if self.initial is None else self.initial
        self.initial_, *mapped = fit_alignment(initial, sources, targets, "initial")
        A, B = (Z.astype(np.float64) for Z in mapped)
        self.features_ = Nystroem(
            gamma=median_gamma(A) if self.gamma is None else self.gamma,
            n_components=min(self.n_components, A.shape[0]),
            random_state=self.random_state,
        ).set_output(transform="default")
        features = self.features_.fit_transform(A)
        ridge = RidgeCV(self.alphas, fit_intercept=False).fit(features, B - A)
        self.alpha_ = float(ridge.alpha_)
        self.coef_ = np.ascontiguousarray(ridge.coef_.reshape(B.shape[1], -1).T)
        return self

    def apply_map(self, rows: NDArray[Any], side: str) -> NDArray[Any]:
        """Map rows of one side, those of the source with the correction.

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
        Z = unit_rows(map_side(self.initial_, rows, side, self.n_features_in_))
        if side == "target":
            return Z
        # the features in float64: their whitening loses digits
        correction = self.features_.transform(Z.astype(np.float64)) @ self.coef_
        return Z + correction.astype(Z.dtype)
