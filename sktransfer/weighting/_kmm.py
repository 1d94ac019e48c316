"""Kernel mean matching: source weights that move the source mean onto the target's."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data

from sktransfer._core.domains import domain_masks, require_both_sides
from sktransfer._core.kernels import (
    KERNELS,
    SHIFT_INVARIANT,
    kernel_means,
    kernel_rows,
    lower_kernel,
    median_gamma,
    symmetric_product,
)
from sktransfer._core.qp import QPSolution, solve_box_slab


def effective_sample_size(weights: NDArray[Any]) -> float:
    r"""Number of equally weighted rows that say as much as the weighted ones.

    Parameters
    ----------
    weights : ndarray of shape (n,)
        Non-negative weights, not all 0.

    Returns
    -------
    size : float
        :math:`(\sum_i w_i)^2 / \sum_i w_i^2`, between 1 and n.
    """
    w = np.asarray(weights, dtype=np.float64)
    return float(w.sum() ** 2 / (w @ w))


def kmm_weights(
    matvec: Callable[[NDArray[Any]], NDArray[np.float64]],
    kappa: NDArray[np.float64],
    *,
    trace: float,
    B: float,
    eps: float,
    tol: float,
    max_iter: int,
    rounding: float,
) -> tuple[NDArray[np.float64], QPSolution]:
    r"""Weights of kernel mean matching from products with the kernel matrix.

    Parameters
    ----------
    matvec : callable
        ``matvec(beta)`` is the product with the kernel matrix of the source rows.
    kappa : ndarray of shape (n,)
        n times the mean of the kernel of each source row with the target rows.
    trace : float
        Trace of the kernel matrix.
    B : float
        Upper bound of the returned weights, at least 1.
    eps : float
        Largest distance of the mean of beta from 1, in [0, 1).
    tol : float
        Relative Frank-Wolfe gap to stop at.
    max_iter : int
        Largest number of steps.
    rounding : float
        Relative error of `matvec`.

    Returns
    -------
    weights : ndarray of shape (n,)
        ``beta / mean(beta)``: mean 1, at most B.
    solution : QPSolution
        Beta, objective, gap and number of steps.
    """
    n = kappa.shape[0]
    options = {
        "scale": 0.5 * trace,
        "tol": tol,
        "max_iter": max_iter,
        "rounding": rounding,
    }
    low, high = n * (1 - eps), n * (1 + eps)
    solution = solve_box_slab(
        matvec, kappa, upper=B, low=low, high=high, start=np.ones(n), **options
    )
    mass = solution.beta.mean()
    if solution.beta.max() > B * mass:
        # Dividing by a mean under 1 would break the bound: hold the mean where it
        # is and tighten the box. Where the bound just binds both problems agree.
        first, total = solution, n * mass
        solution = solve_box_slab(
            matvec,
            kappa,
            upper=B * mass,
            low=total,
            high=total,
            start=solution.beta,
            **options,
        )
        solution = solution._replace(n_iter=first.n_iter + solution.n_iter)
    return np.minimum(solution.beta / solution.beta.mean(), B), solution


class KMMInstanceWeighter(BaseEstimator):
    r"""Weights of source rows by kernel mean matching.

    The weights bring the mean of the source rows, in the feature space of the kernel,
    as close as they can to the mean of the target rows [1]_ [2]_:

    .. math:: \min_\beta \tfrac12 \beta^\top K \beta - \kappa^\top \beta
              \quad \text{s.t. } 0 \le \beta_i \le B,\;
              |\bar\beta - 1| \le \epsilon,

    with :math:`K_{ij} = k(x_i, x_j)` over source rows and :math:`\kappa_i =
    \frac{n_s}{n_t} \sum_j k(x_i, x^t_j)`. The problem is solved to a certified
    accuracy (`dual_gap_`), and the weights are :math:`\beta / \bar\beta`.

    Parameters
    ----------
    kernel : str or callable, default="rbf"
        "rbf", "laplacian", "linear", "cosine" or "poly". A callable maps two blocks
        of rows to the matrix of their kernel values, which must be positive
        semi-definite over all rows.
    gamma : float, default=None
        Scale of "rbf", "laplacian" and "poly": ``exp(-gamma * |x - y|^2)``,
        ``exp(-gamma * |x - y|_1)``, ``(gamma * x @ y + coef0)^degree``. None takes
        the median heuristic over rows of both domains, and ``1 / n_features`` for
        "poly".
    degree : int, default=3
        Exponent of "poly".
    coef0 : float, default=1.0
        Constant of "poly".
    B : float, default=10.0
        Upper bound of the weights, at least 1: no source row counts more than B
        times the average row. It holds for the returned weights, whose mean is 1:
        where dividing by a mean of beta under 1 would break it, the problem is
        solved once more with that mean held and the bound of beta at B times it.
    eps : float, default=None
        How far the mean of beta may lie from 1, in [0, 1). None takes
        ``(sqrt(n_s) - 1) / sqrt(n_s)``, as the paper advises.
    tol : float, default=1e-3
        Stop once the objective is certified to lie within this share of the
        minimum; float32 certifies no less than 1.2e-5. The steps start at equal
        weights, and the last digits of the objective fit the sampling noise of both
        means: the default stops before them, closer to the density ratio, and sooner.
        1e-8 gives the exact minimum in float64.
    max_iter : int, default=5000
        Largest number of steps; each is one product with the kernel matrix.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: mean 1 over source rows, 1 in target rows, in
        the dtype of X.
    effective_sample_size_ : float
        :math:`(\sum w_i)^2 / \sum w_i^2` over source rows: how many equally weighted
        rows they are worth.
    dual_gap_ : float
        Relative Frank-Wolfe gap at the solution: its objective exceeds the minimum
        by at most this share of it (of half the trace of K where that is larger).
    objective_ : float
        Objective at the solution ``mass_ * weights_[source]``; set where
        `sample_domain` was given.
    mass_ : float
        The mean of beta before it was divided out. Far under 1, no weighting
        brings the source near the target.
    n_iter_ : int
        Number of steps.
    gamma_ : float or None
        The scale used; None for kernels without one.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    sktransfer.TransferClassifier : Trains an estimator on rows weighted so.

    Notes
    -----
    One kernel matrix of the source rows is held, in the dtype of X: pass float32 to
    halve memory and time. Kernel values against target rows are never stored. With
    ``sample_domain=None`` every row belongs to both sides, and all weights are 1.

    Matching is about features alone; where the share of the classes differs between
    the domains, or source and target hardly overlap, weights can hurt. Look at
    `effective_sample_size_`.

    References
    ----------
    .. [1] J. Huang, A. Smola, A. Gretton, K. Borgwardt and B. Schoelkopf, "Correcting
       Sample Selection Bias by Unlabeled Data", NIPS 2006.
    .. [2] A. Gretton, A. Smola, J. Huang, M. Schmittfull, K. Borgwardt and B.
       Schoelkopf, "Covariate Shift by Kernel Mean Matching", in Dataset Shift in
       Machine Learning, MIT Press, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import KMMInstanceWeighter
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [2.0], [3.0]])
    >>> d = [1, 1, 1, 1, -1, -1]
    >>> weighter = KMMInstanceWeighter(gamma=1.0).fit(X, sample_domain=d)
    >>> weighter.weights_.round(2)
    array([0., 0., 2., 2., 1., 1.])
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "kernel": [StrOptions(set(KERNELS)), callable],
        "gamma": [Interval(Real, 0, None, closed="neither"), None],
        "degree": [Interval(Integral, 1, None, closed="left")],
        "coef0": [Interval(Real, 0, None, closed="left")],
        "B": [Interval(Real, 1, None, closed="both")],
        "eps": [Interval(Real, 0, 1, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        kernel: str | Callable[[Any, Any], NDArray[Any]] = "rbf",
        gamma: float | None = None,
        degree: int = 3,
        coef0: float = 1.0,
        B: float = 10.0,
        eps: float | None = None,
        tol: float = 1e-3,
        max_iter: int = 5000,
    ) -> None:
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.B = B
        self.eps = eps
        self.tol = tol
        self.max_iter = max_iter

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> KMMInstanceWeighter:
        """Compute the weights of the source rows of X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of both domains.
        y : None
            Ignored.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers, positive = source and negative = target. None means
            that every row is both: the weights are 1.

        Returns
        -------
        self : KMMInstanceWeighter
            The fitted weighter.
        """
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32])
        masks = domain_masks(sample_domain, X.shape[0])
        require_both_sides(masks, type(self).__name__)
        self.gamma_ = self._scale(X)
        self.weights_ = np.ones(X.shape[0], dtype=X.dtype)
        self.mass_, self.dual_gap_, self.n_iter_ = 1.0, 0.0, 0
        if masks.shifted:
            self._match(X[masks.source], X[masks.target], masks.source)
        self.effective_sample_size_ = effective_sample_size(self.weights_[masks.source])
        self._warn_if_unsafe(int(masks.source.sum()))
        return self

    def _scale(self, X: Any) -> float | None:
        if self.kernel in SHIFT_INVARIANT:
            if self.gamma is None:
                return median_gamma(X, kernel=self.kernel)
        elif self.kernel != "poly":
            return None
        return 1 / X.shape[1] if self.gamma is None else float(self.gamma)

    def _match(self, source: Any, target: Any, rows: NDArray[np.bool_]) -> None:
        """Solve for the weights of the source and store them."""
        block, (Xs, Xt) = kernel_rows(
            self.kernel,
            source,
            target,
            gamma=self.gamma_,
            degree=self.degree,
            coef0=self.coef0,
        )
        n = Xs.shape[0]
        kappa = n * kernel_means(block, Xs, Xt)
        K = lower_kernel(block, Xs)
        weights, solution = kmm_weights(
            symmetric_product(K),
            kappa,
            trace=float(np.trace(K, dtype=np.float64)),
            B=self.B,
            eps=1 - n**-0.5 if self.eps is None else self.eps,
            tol=self.tol,
            max_iter=self.max_iter,
            rounding=4 * float(np.finfo(K.dtype).eps),
        )
        self.weights_[rows] = weights
        self.mass_ = float(solution.beta.mean())
        self.objective_ = solution.objective
        self.dual_gap_ = solution.gap
        self.n_iter_ = solution.n_iter
        if not solution.converged:
            warnings.warn(
                f"The weights did not converge: after max_iter={self.max_iter} steps "
                f"the relative gap is {solution.gap:.2g} where tol={self.tol:g} was "
                "asked for. Raise max_iter or tol, lower B, or scale the features.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _warn_if_unsafe(self, n_source: int) -> None:
        """Say when the weighted rows cannot be trusted to stand for the target."""
        found = None
        if self.mass_ < 0.5 and self.kernel in SHIFT_INVARIANT:
            found = (
                "Source and target hardly overlap under this kernel (mass_ is "
                f"{self.mass_:.2g} where 1 is a match). Lower gamma"
            )
        elif self.effective_sample_size_ < 0.2 * n_source:
            found = (
                f"The {n_source} weighted source rows are worth only "
                f"{self.effective_sample_size_:.1f} equally weighted ones: few of them "
                "resemble the target. Lower B, raise tol, lower gamma"
            )
        if found is not None:
            warnings.warn(
                f"{found} or reduce the number of features (PCA, TruncatedSVD), and "
                "compare with unweighted rows.",
                UserWarning,
                stacklevel=4,
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
