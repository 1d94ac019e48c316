"""RuLSIF: relative density ratios by least squares, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.parameters import integer, number
from sktransfer._core.rows import spread_folds, spread_rows
from sktransfer._core.topk import row_blocks
from sktransfer.weighting._base import InstanceWeighter, split_sides
from sktransfer.weighting._density_ratio import (
    RatioModel,
    candidate_gammas,
    kernel_features,
    positive_values,
    ratio_values,
)

RIDGES: tuple[float, ...] = (1e-3, 1e-2, 1e-1, 1.0)


class RatioMoments(NamedTuple):
    """What least squares needs of a set of rows: sums over kernel values."""

    n: int
    total: NDArray[np.float64]  # (n_centres,)
    gram: NDArray[np.float64]  # (n_centres, n_centres)


def ratio_moments(
    X: Any, centres: Any, gamma: float, folds: NDArray[np.intp], n_folds: int
) -> list[RatioMoments]:
    """Sums of kernel values and of their products, for each fold."""
    m, found = centres.shape[0], []
    for fold in range(n_folds):
        rows = np.flatnonzero(folds == fold)
        total, gram = np.zeros(m), np.zeros((m, m))
        for part in row_blocks(rows.size, m):
            K = kernel_features(X[rows[part]], centres, gamma)
            total += K.sum(axis=0)
            gram += K.T @ K
        found.append(RatioMoments(rows.size, total, gram))
    return found


def sum_folds(moments: list[RatioMoments]) -> RatioMoments:
    """Sums over several folds."""
    n, total, gram = zip(*moments)
    return RatioMoments(sum(n), sum(total), sum(gram))


def _least_squares_parts(
    target: RatioMoments, source: RatioMoments, alpha: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    H = alpha * target.gram / max(target.n, 1)
    H = H + (1 - alpha) * source.gram / max(source.n, 1)
    return H, target.total / max(target.n, 1)


def relative_ratio(
    target: RatioMoments, source: RatioMoments, *, alpha: float, ridge: float
) -> NDArray[np.float64]:
    r"""Coefficients of the relative density ratio by least squares (RuLSIF).

    :math:`\theta = (H + \lambda I)^{-1} h` with :math:`H = \frac{\alpha}{n_t} K_t^\top
    K_t + \frac{1 - \alpha}{n_s} K_s^\top K_s` and :math:`h = \frac1{n_t} K_t^\top 1`.
    """
    H, h = _least_squares_parts(target, source, alpha)
    return np.asarray(np.linalg.solve(H + ridge * np.eye(len(h)), h), np.float64)


def relative_ratio_cv(
    target: list[RatioMoments],
    source: list[RatioMoments],
    *,
    alpha: float,
    ridges: tuple[float, ...],
) -> NDArray[np.float64]:
    r"""Held-out loss of the relative density ratio, for each ridge.

    :math:`\frac12 \theta^\top H \theta - h^\top \theta` with H and h of the held-out
    rows: the squared error of the ratio, up to a constant.
    """
    losses: list[list[float]] = []
    for fold in range(len(target)):
        if not (target[fold].n and source[fold].n):
            continue
        rest = [
            sum_folds([m for i, m in enumerate(side) if i != fold])
            for side in (target, source)
        ]
        if not (rest[0].n and rest[1].n):
            continue
        H, h = _least_squares_parts(target[fold], source[fold], alpha)
        thetas = [relative_ratio(*rest, alpha=alpha, ridge=r) for r in ridges]
        losses.append([float(0.5 * t @ H @ t - h @ t) for t in thetas])
    if not losses:
        return np.full(len(ridges), np.inf)
    return np.asarray(np.mean(losses, axis=0), np.float64)


class RelativeDensityInstanceWeighter(InstanceWeighter):
    r"""Weights of source rows by relative density ratios (RuLSIF).

    The ratio to a mixture of both domains [1]_,

    .. math:: r_\alpha(x) = \frac{p_t(x)}{\alpha\, p_t(x) + (1 - \alpha)\, p_s(x)},

    never exceeds :math:`1 / \alpha`, so no row far out in the source gets all of the
    weight. It is modelled as a sum of Gaussian kernels at target rows, whose
    coefficients follow from one linear system.

    Parameters
    ----------
    alpha : float, default=0.1
        Share of the target in the mixture, at least 0 and under 1. 0 gives the plain
        ratio (uLSIF [2]_); larger values give flatter weights.
    gamma : float or sequence of float, default=None
        Scale of the kernel. Of several, cross-validation of the squared error picks
        one. None tries six around the median heuristic.
    ridge : float or sequence of float, default=None
        Strength of the regularisation. Of several, cross-validation picks one. None
        tries 0.001, 0.01, 0.1 and 1.
    n_centers : int, default=100
        Number of target rows that serve as centres. Memory grows with its square,
        time with n_samples times it.
    cv : int, default=5
        Number of folds of the cross-validation.
    flatten : float or "auto" or None, default="auto"
        Power, between 0 and 1, that the weights are raised to: less variance for some
        bias. "auto": the largest power with an effective sample size of at least half
        the source rows; 1 if the weights have that already. None: 1.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: mean 1 over source rows, 1 in target rows.
    effective_sample_size_ : float
        :math:`(\sum w_i)^2 / \sum w_i^2` over source rows.
    flatten_ : float
        The power used.
    gamma_ : float
        The scale used; set where `sample_domain` was given.
    ridge_ : float
        The regularisation used.
    cv_losses_ : dict of float to dict of float to float
        Held-out loss of each gamma and ridge tried, ``cv_losses_[gamma][ridge]``; empty
        where both were given.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    KLIEPInstanceWeighter : The plain ratio by maximum likelihood.

    Notes
    -----
    Cross-validation needs only sums of kernel values and of their products in each
    fold, which are collected block by block. Where the model falls under 0, the weight
    is 0. Centres and folds follow from the rows, whatever their order.

    References
    ----------
    .. [1] M. Yamada, T. Suzuki, T. Kanamori, H. Hachiya and M. Sugiyama, "Relative
       Density-Ratio Estimation for Robust Distribution Comparison", Neural Computation
       25(5), 2013.
    .. [2] T. Kanamori, S. Hido and M. Sugiyama, "A Least-squares Approach to Direct
       Importance Estimation", JMLR 10, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import RelativeDensityInstanceWeighter
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [2.0], [3.0]])
    >>> d = [1, 1, 1, 1, -1, -1]
    >>> weighter = RelativeDensityInstanceWeighter(gamma=1.0, ridge=0.1)
    >>> weighter.fit(X, sample_domain=d).weights_.round(1)
    array([0. , 0.5, 1.7, 1.8, 1. , 1. ])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **InstanceWeighter._parameter_constraints,
        "alpha": [number(0, below=1)],
        "gamma": [number(above=0), "array-like", None],
        "ridge": [number(above=0), "array-like", None],
        "n_centers": [integer(1)],
        "cv": [integer(2)],
    }

    def __init__(
        self,
        *,
        alpha: float = 0.1,
        gamma: float | Sequence[float] | None = None,
        ridge: float | Sequence[float] | None = None,
        n_centers: int = 100,
        cv: int = 5,
        flatten: float | str | None = "auto",
    ) -> None:
        self.alpha = alpha
        self.gamma = gamma
        self.ridge = ridge
        self.n_centers = n_centers
        self.cv = cv
        self.flatten = flatten

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Relative density ratios of the source rows.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows of both sides, labels (ignored) and domains, as checked by `fit`.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            Ratios of the target to the mixture.
        """
        source, target = split_sides(X, sample_domain)
        ridges = RIDGES
        if self.ridge is not None:
            ridges = positive_values("ridge", self.ridge)
        gammas = candidate_gammas(self.gamma, source, target)
        C = target[spread_rows(target, self.n_centers)]
        sides = [(X, spread_folds(X, self.cv)) for X in (target, source)]
        self.cv_losses_: dict[float, dict[float, float]] = {}
        best: float | None = None
        for gamma in gammas:
            moments = [ratio_moments(X, C, gamma, f, self.cv) for X, f in sides]
            losses = np.zeros(1)
            if len(gammas) * len(ridges) > 1:
                losses = relative_ratio_cv(*moments, alpha=self.alpha, ridges=ridges)
                by_ridge = zip(map(float, ridges), losses.tolist())
                self.cv_losses_[float(gamma)] = dict(by_ridge)
            i = int(losses.argmin())
            if best is None or losses[i] < best:
                best = float(losses[i])
                self.gamma_, self.ridge_ = gamma, float(ridges[i])
                theta = relative_ratio(
                    *map(sum_folds, moments), alpha=self.alpha, ridge=self.ridge_
                )
                self._model = RatioModel(C, theta, gamma)
        return ratio_values(self._model, source)

    def raw_scores(self, X: Any) -> NDArray[np.float64]:
        """Relative density ratios of any rows.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `score_samples`.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            Ratios of the target to the mixture.
        """
        return ratio_values(self._model, X)
