"""KLIEP: the density ratio that is nearest to the target in relative entropy."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from sktransfer._core.mixtures import likelihood_shares
from sktransfer._core.parameters import integer, number
from sktransfer._core.rows import spread_folds, spread_rows
from sktransfer.weighting._base import InstanceWeighter, split_sides
from sktransfer.weighting._density_ratio import (
    RatioModel,
    candidate_gammas,
    kernel_features,
    ratio_values,
    source_kernel_means,
)

MAX_CV = 5000  # rows a side that gamma is validated on


def kliep(
    target_kernel: NDArray[np.float64],
    source_means: NDArray[np.float64],
    *,
    tol: float = 1e-6,
    max_iter: int = 1000,
) -> tuple[NDArray[np.float64], float, int]:
    r"""Coefficients of the Kullback-Leibler importance estimation procedure.

    .. math:: \max_{\theta \ge 0} \frac1{n_t} \sum_i \log \sum_l \theta_l K_{il}
              \quad \text{s.t. } \sum_l \theta_l b_l = 1.

    With :math:`q_l = \theta_l b_l` these are the shares of a mixture of known
    components :math:`K_{il} / b_l`, which EM steps find, with a certificate.
    """
    theta = np.zeros_like(source_means)
    near = source_means > 1e-200
    if not near.any():
        return theta, 0.0, 0
    components = target_kernel[:, near] / source_means[near]
    # A row that no centre reaches would add log 0 whatever theta is.
    reached = components.max(axis=1) > 0
    if not reached.any():
        return theta, 0.0, 0
    # scale by row: the likelihood changes by a constant, and nothing overflows
    components = components[reached]
    components /= components.max(axis=1, keepdims=True)
    start = np.full(components.shape[1], 1 / components.shape[1])
    found = likelihood_shares(components, start, tol=tol, max_iter=max_iter)
    theta[near] = found.shares / source_means[near]
    return theta, found.gap, found.n_iter


def kliep_cv_score(
    target: Any,
    source: Any,
    centres: NDArray[np.intp],
    gamma: float,
    folds: tuple[NDArray[np.intp], NDArray[np.intp]],
    **options: Any,
) -> float:
    r"""Held-out likelihood of target rows, less the excess of mass over the source.

    :math:`\frac1{n_t} \sum_j \log r(x^t_j) - \frac1{n_s} \sum_i r(x_i) + 1` over rows
    that r was not fitted to: in expectation never above the relative entropy of the
    target to the source (Nguyen et al. 2010). The mass matters: where few source rows
    come near a centre, r is free to be huge, and the likelihood of target rows alone
    would reward it.
    """
    C = target[centres]
    K = kernel_features(target, C, gamma)
    names = np.unique(folds[0])
    n = np.array([np.count_nonzero(folds[1] == f) for f in names])
    if n.sum() < folds[1].size or names.size < 2 or not n.all():
        return -np.inf
    b = [
        source_kernel_means(source[np.flatnonzero(folds[1] == f)], C, gamma)
        for f in names
    ]
    total = np.average(b, axis=0, weights=n)
    score = 0.0
    for f, mean, share in zip(names, b, n / n.sum()):
        held, own = folds[0] == f, folds[0][centres] != f
        if not own.any():
            return -np.inf
        rest = (total - share * mean) / (1 - share)
        theta, _, _ = kliep(K[~held][:, own], rest[own].clip(0), **options)
        score += np.log(np.maximum(K[held][:, own] @ theta, 1e-300)).sum() / held.size
        score -= share * float(mean[own] @ theta) - share
    return score


class KLIEPInstanceWeighter(InstanceWeighter):
    r"""Weights of source rows by Kullback-Leibler importance estimation.

    The density ratio is modelled as :math:`r(x) = \sum_l \theta_l\, e^{-\gamma |x -
    c_l|^2}` with non-negative coefficients and centres at target rows. The
    coefficients maximise the likelihood of the target rows under :math:`r\, p_s`
    [1]_:

    .. math:: \max_{\theta \ge 0} \frac1{n_t} \sum_j \log r(x^t_j)
              \quad \text{s.t. } \frac1{n_s} \sum_i r(x_i) = 1.

    Parameters
    ----------
    gamma : float or sequence of float, default=None
        Scale of the kernel. Of several, cross-validation of the likelihood picks one.
        None tries six around the median heuristic.
    n_centers : int, default=200
        Number of target rows that serve as centres. Time and memory grow with
        n_samples times this.
    cv : int, default=5
        Number of folds of the cross-validation, of 5000 rows a side where there are
        more.
    tol : float, default=1e-3
        Distance of the objective (a mean logarithm) from its maximum to stop at.
    max_iter : int, default=1000
        Largest number of steps.
    flatten : float or "auto" or None, default="auto"
        Power, between 0 and 1, that the weights are raised to: less variance for some
        bias [2]_. "auto": the largest power with an effective sample size of at least
        half the source rows; 1 if the weights have that already. None: 1.

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
    cv_scores_ : dict of float to float
        Held-out likelihood of each gamma tried; empty where one was given.
    dual_gap_ : float
        Certified distance of the objective from its maximum.
    n_iter_ : int
        Number of steps.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    RelativeDensityInstanceWeighter : Least squares in closed form; bounded weights.
    KMMInstanceWeighter : Matches means in the space of a kernel.

    Notes
    -----
    The objective is the likelihood of a mixture with known components and unknown
    shares, which EM steps with extrapolation maximise; each step stays feasible, and
    the largest entry of the gradient certifies the distance from the maximum. Centres
    and folds follow from the rows, whatever their order; nothing is random.

    The paper validates gamma on held-out target rows alone. Where few source rows come
    near a centre, the ratio is free to be huge there, and narrow kernels win. Here
    source rows are held out as well, and the mass that the ratio has over them counts:
    :math:`\frac1{n_t} \sum_j \log r(x^t_j) - \frac1{n_s} \sum_i r(x_i) + 1`, which in
    expectation never exceeds the relative entropy [3]_.

    References
    ----------
    .. [1] M. Sugiyama, T. Suzuki, S. Nakajima, H. Kashima, P. von Buenau and M.
       Kawanabe, "Direct Importance Estimation for Covariate Shift Adaptation", Annals
       of the Institute of Statistical Mathematics 60, 2008.
    .. [2] H. Shimodaira, "Improving Predictive Inference under Covariate Shift by
       Weighting the Log-Likelihood Function", Journal of Statistical Planning and
       Inference 90, 2000.
    .. [3] X. Nguyen, M. Wainwright and M. Jordan, "Estimating Divergence Functionals
       and the Likelihood Ratio by Convex Risk Minimization", IEEE Transactions on
       Information Theory 56, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import KLIEPInstanceWeighter
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [2.0], [3.0]])
    >>> d = [1, 1, 1, 1, -1, -1]
    >>> weighter = KLIEPInstanceWeighter(gamma=1.0).fit(X, sample_domain=d)
    >>> weighter.weights_.round(1)
    array([0. , 0.3, 1.4, 2.3, 1. , 1. ])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **InstanceWeighter._parameter_constraints,
        "gamma": [number(above=0), "array-like", None],
        "n_centers": [integer(1)],
        "cv": [integer(2)],
        "tol": [number(0)],
        "max_iter": [integer(1)],
    }

    def __init__(
        self,
        *,
        gamma: float | Sequence[float] | None = None,
        n_centers: int = 200,
        cv: int = 5,
        tol: float = 1e-3,
        max_iter: int = 1000,
        flatten: float | str | None = "auto",
    ) -> None:
        self.gamma = gamma
        self.n_centers = n_centers
        self.cv = cv
        self.tol = tol
        self.max_iter = max_iter
        self.flatten = flatten

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Density ratios of the source rows.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows of both sides, labels (ignored) and domains, as checked by `fit`.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            Ratios of the target to the source.
        """
        source, target = split_sides(X, sample_domain)
        options: dict[str, Any] = {"tol": self.tol, "max_iter": self.max_iter}
        centres = spread_rows(target, self.n_centers)
        gammas = candidate_gammas(self.gamma, source, target)
        self.cv_scores_ = {}
        if len(gammas) > 1:
            Xt, Xs = (X[spread_rows(X, MAX_CV)] for X in (target, source))
            folds = spread_folds(Xt, self.cv), spread_folds(Xs, self.cv)
            own = spread_rows(Xt, self.n_centers)
            self.cv_scores_ = {
                g: kliep_cv_score(Xt, Xs, own, g, folds, **options) for g in gammas
            }
            gammas = [max(gammas, key=self.cv_scores_.__getitem__)]
        self.gamma_ = gammas[0]
        C = target[centres]
        theta, self.dual_gap_, self.n_iter_ = kliep(
            kernel_features(target, C, self.gamma_),
            source_kernel_means(source, C, self.gamma_),
            **options,
        )
        if self.n_iter_ == self.max_iter and self.dual_gap_ > self.tol:
            warnings.warn(
                f"The density ratio did not converge: after max_iter={self.max_iter} "
                f"steps the objective may be {self.dual_gap_:.2g} under its maximum, "
                f"where tol={self.tol:g} was asked for. Raise max_iter or tol, or "
                "lower gamma.",
                ConvergenceWarning,
                stacklevel=5,
            )
        self._model = RatioModel(C, theta, self.gamma_)
        return ratio_values(self._model, source)

    def raw_scores(self, X: Any) -> NDArray[np.float64]:
        """Density ratios of any rows.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `score_samples`.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            Ratios of the target to the source.
        """
        return ratio_values(self._model, X)
