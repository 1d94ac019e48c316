"""KLIEP: the density ratio that is nearest to the target in relative entropy."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval

from sktransfer._core.density_ratio import (
    RatioModel,
    candidate_gammas,
    kernel_features,
    ratio_values,
    source_kernel_means,
)
from sktransfer._core.domains import DomainMasks
from sktransfer._core.kliep import kliep, kliep_cv_score
from sktransfer._core.rows import spread_folds, spread_rows
from sktransfer.weighting._base import ScoringWeighter, two_sides

MAX_CV = 5000  # rows a side that gamma is validated on


class KLIEPInstanceWeighter(ScoringWeighter):
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
        bias [2]_. "auto" takes the largest that leaves half of the source rows
        effective, and 1 where they are. None: 1.

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
        **ScoringWeighter._parameter_constraints,
        "gamma": [Interval(Real, 0, None, closed="neither"), "array-like", None],
        "n_centers": [Interval(Integral, 1, None, closed="left")],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
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

    def _raw_weights(self, X: Any, masks: DomainMasks) -> NDArray[np.float64]:
        source, target = two_sides(X, masks)
        options = {"tol": self.tol, "max_iter": self.max_iter}
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
            gammas = [max(gammas, key=self.cv_scores_.get)]
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
                stacklevel=4,
            )
        self._model = RatioModel(C, theta, self.gamma_)
        return ratio_values(self._model, source)

    def _raw_scores(self, X: Any) -> NDArray[np.float64]:
        return ratio_values(self._model, X)
