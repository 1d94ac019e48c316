"""Kernel mean matching: source weights that move the source mean onto the target's."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from sktransfer._core.domains import domain_masks
from sktransfer._core.kernels import KERNELS, SHIFT_INVARIANT, kernel_scale
from sktransfer._core.nystroem import NystroemMap, landmark_rows, rows_along
from sktransfer._core.parameters import integer, number, one_of
from sktransfer.weighting._base import InstanceWeighter
from sktransfer.weighting.mean_matching._kmm_solver import (
    exact_problems,
    factor_problems,
    match_means,
)
from sktransfer.weighting.mean_matching._weight_regression import WeightRegression

_REGRESSION_ROWS = 10_000  # enough for the few hundred coefficients of raw_scores
_REGRESSION_LANDMARKS = 256  # where n_components is None


def _rows_to_match(
    sample_domain: NDArray[np.int64], sign: int, apart: bool
) -> list[NDArray[np.intp]]:
    """Rows of a side, together or by domain in the order of their numbers."""
    rows = np.flatnonzero(sample_domain * sign > 0)
    if not apart:
        return [rows]
    codes = np.unique(np.abs(sample_domain[rows]))
    return [rows[np.abs(sample_domain[rows]) == code] for code in codes]


class KMMInstanceWeighter(InstanceWeighter):
    r"""Weights of source rows by kernel mean matching.

    The weights bring the mean of the source rows, in the feature space of the kernel,
    as close as they can to the mean of the target rows [1]_ [2]_:

    .. math:: \min_\beta \tfrac12 \beta^\top K \beta - \kappa^\top \beta
              \quad \text{s.t. } 0 \le \beta_i \le B \bar\beta,\;
              |\bar\beta - 1| \le \epsilon,

    with :math:`K_{ij} = k(x_i, x_j)` over source rows, :math:`\kappa_i =
    \frac{n_s}{n_t} \sum_j k(x_i, x^t_j)` and :math:`\bar\beta` the mean of
    :math:`\beta`. The problem is convex and solved to a certified accuracy
    (`dual_gap_`), and the weights are :math:`\beta / \bar\beta`. The papers bound
    :math:`\beta_i` by B itself; relative to the mean it is the weights that B bounds.

    Parameters
    ----------
    kernel : str or callable, default="rbf"
        "rbf", "laplacian", "linear", "cosine" or "poly". A callable maps two blocks
        of rows to the matrix of their kernel values, which must be positive
        semi-definite over all rows: a kernel of ``sklearn.gaussian_process.kernels``,
        or ``functools.partial(polynomial_kernel, degree=2)`` with a function of
        ``sklearn.metrics.pairwise``.
    gamma : float, default=None
        Scale of "rbf", "laplacian" and "poly": ``exp(-gamma * |x - y|^2)``,
        ``exp(-gamma * |x - y|_1)``, ``(gamma * x @ y + 1)^3``. None takes the median
        heuristic over rows of both domains, and ``1 / n_features`` for "poly".
    B : float, default=10.0
        Upper bound of the weights, at least 1: no source row counts more than B
        times the average row. 1 gives equal weights, infinity no bound.
    eps : float, default=None
        How far the mean of beta may lie from 1, in [0, 1). None takes
        ``(sqrt(n_s) - 1) / sqrt(n_s)``, as the paper advises. Give 0 with the "linear"
        and "cosine" kernels: they know no constant, so the objective does not hold the
        mean of beta, by which the matched mean is then divided.
    tol : float, default=1e-3
        Stop once the objective is certified to lie within this share of the
        minimum; float32 certifies no less than 1.2e-5. The steps start at equal
        weights, and the last digits of the objective fit the sampling noise of both
        means: the default stops before them, closer to the density ratio, and sooner.
        1e-8 gives the exact minimum in float64.
    max_iter : int, default=5000
        Largest number of steps; each is one product with the kernel matrix.
    n_components : int, default=None
        None holds the kernel matrix of the source rows. A number, such as 256 or 512,
        solves the problem of a factor on that many landmarks instead, with time and
        memory linear in the rows; see Notes.
    source_domains : {"pool", "each"}, default="pool"
        What several source domains are. "pool": one source, whose mean weight is 1;
        the domains compete, and one that is far from the target ends with little
        weight. "each": every source domain is matched by itself, and its own mean
        weight is 1, so that none fades; `B` and `eps` hold within each.
    target_domains : {"pool", "balance", "each"}, default="pool"
        What several target domains are. "pool": one target, in which each domain
        counts by its rows. "balance": their mixture in equal shares, whatever their
        numbers of rows. "each": the source is matched to every target domain by
        itself: see `target_weights_`; `weights_` is their mean.
    flatten : float or "auto" or None, default=None
        Power, between 0 and 1, that the weights are raised to: less variance for some
        bias. "auto": the largest power with an effective sample size of at least half
        the source rows; 1 if the weights have that already. None: 1.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: mean 1 over source rows, 1 in target rows, in
        the dtype of X.
    effective_sample_size_ : float
        :math:`(\sum w_i)^2 / \sum w_i^2` over source rows: how many equally weighted
        rows they are worth.
    target_weights_ : dict of int to ndarray of shape (n_samples,)
        With ``target_domains="each"``: for each target domain, named by its (negative)
        entry in `sample_domain`, the weights of all rows that match the source to it.
    flatten_ : float
        The power used.
    dual_gap_ : float
        Relative duality gap at the solution: its objective exceeds the minimum of
        the problem above by at most this share of it (of half the trace of K where
        that is larger).
        With `n_components` it is the gap of the problem that is solved, that of the
        factor. Where several domains are matched by themselves, the largest gap.
    objective_ : float
        Objective at the solution ``mass_ * weights_[source]``; set where
        `sample_domain` was given. Of several problems, the sum.
    mass_ : float
        The mean of beta before it was divided out. Far under 1, no weighting
        brings the source near the target. Of several problems, the smallest.
    n_iter_ : int
        Number of steps, of all problems.
    residual_ : float
        Share of the trace of K that the landmarks leave to the diagonal: 0 without
        `n_components`. Near 1 the factor approximates the kernel badly: raise
        `n_components`, or lower `gamma`.
    landmarks_ : {ndarray, sparse matrix} of shape (n_landmarks, n_features)
        The landmarks; set with `n_components` where `sample_domain` was given.
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

    With `n_components`, half of the landmarks are source and half target rows, and
    rows become features :math:`z(x)` whose products approximate the kernel (Nystroem
    [3]_). The problem is solved with :math:`K = Z Z^\top + \mathrm{diag}(k(x_i, x_i) -
    |z_i|^2)` and :math:`\kappa_i = n_s z_i^\top \bar z_t`, kernel and means of one
    factor. ``n_source * n_components`` numbers in the dtype of X are held, and
    each step costs twice as many multiplications. Sparse rows stay sparse. With all
    rows as landmarks it is the exact problem.

    `score_samples` regresses the weights on the kernel with landmarks (of 10,000
    source rows where there are more), the strength of the ridge penalty chosen by
    generalised cross-validation. The weights of rows in `fit` are not smooth in the
    rows: neighbours share a weight as the sampling noise has it. What remains is a
    smooth function, an estimate of the density ratio on the scale of `weights_`.

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
    .. [3] C. Williams and M. Seeger, "Using the Nystroem Method to Speed Up Kernel
       Machines", NIPS 2000.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **InstanceWeighter._parameter_constraints,
        "kernel": [one_of(*KERNELS), callable],
        "gamma": [number(above=0), None],
        "B": [number(1, np.inf)],
        "eps": [number(0, below=1), None],
        "tol": [number(0)],
        "max_iter": [integer(1)],
        "n_components": [integer(1), None],
        "source_domains": [one_of("pool", "each")],
        "target_domains": [one_of("pool", "balance", "each")],
    }

    def __init__(
        self,
        *,
        kernel: str | Callable[[Any, Any], NDArray[Any]] = "rbf",
        gamma: float | None = None,
        B: float = 10.0,
        eps: float | None = None,
        tol: float = 1e-3,
        max_iter: int = 5000,
        n_components: int | None = None,
        source_domains: str = "pool",
        target_domains: str = "pool",
        flatten: float | str | None = None,
    ) -> None:
        self.kernel = kernel
        self.gamma = gamma
        self.B = B
        self.eps = eps
        self.tol = tol
        self.max_iter = max_iter
        self.n_components = n_components
        self.source_domains = source_domains
        self.target_domains = target_domains
        self.flatten = flatten

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        """Weights under which the kernel means match.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows of both sides, labels (ignored) and domains, as checked by `fit`.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            In the dtype of X, with mean 1 over the source rows that are matched
            together.
        """
        masks = domain_masks(sample_domain, X.shape[0])
        each_target = self.target_domains == "each"
        sources = _rows_to_match(sample_domain, 1, self.source_domains == "each")
        targets = _rows_to_match(sample_domain, -1, self.target_domains != "pool")
        features = None
        if self.n_components is None:
            problems = exact_problems(X, sources, targets, self.kernel, self.gamma_)
        else:
            self.landmarks_ = X[landmark_rows(X, masks, self.n_components)]
            features = self._kernel_features(self.landmarks_)
            problems = factor_problems(X, sources, targets, features)
        mixtures = np.eye(len(targets))
        if not each_target:
            mixtures = mixtures.mean(axis=0, keepdims=True)
        weights = np.ones((len(mixtures), X.shape[0]), dtype=X.dtype)
        found = match_means(
            problems,
            mixtures,
            weights,
            eps=self.eps,
            B=self.B,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        if each_target:
            codes = [int(sample_domain[rows[0]]) for rows in targets]
            self.target_weights_ = dict(zip(codes, weights))
        self.mass_, self.objective_, self.dual_gap_, self.n_iter_ = found[1:5]
        self.residual_ = found.residual
        mean = weights[0] if len(weights) == 1 else weights.mean(axis=0)
        self._prepare_scores(X, np.flatnonzero(masks.source), mean, features)
        if not found.converged:
            warnings.warn(
                f"The weights did not converge: after max_iter={self.max_iter} steps "
                f"the relative gap is {found.gap:.2g} where tol={self.tol:g} was "
                "asked for. Raise max_iter or tol, lower B, or scale the features.",
                ConvergenceWarning,
                stacklevel=5,
            )
        return mean[masks.source]

    def raw_scores(self, X: Any) -> NDArray[np.float64]:
        """Weights of any rows, by a regression of the weights on the kernel.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `score_samples`.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            Between 0 and B. Of rows unlike all source rows nothing is known: kernels
            that fade with the distance give them 0.
        """
        if self._regression is not None:
            return self._regression(X)
        landmarks, rows, weights = self._regression_rows
        every = np.arange(len(weights))
        features = self._kernel_features(landmarks)
        return self._fit_regression(features, rows, every, weights)(X)

    def _begin_fit(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        self.gamma_ = kernel_scale(X, self.kernel, self.gamma)
        self.mass_, self.dual_gap_, self.n_iter_, self.residual_ = 1.0, 0.0, 0, 0.0

    def _kernel_features(self, landmarks: Any) -> NystroemMap:
        return NystroemMap.on_landmarks(landmarks, self.kernel, gamma=self.gamma_)

    def _prepare_scores(
        self,
        X: Any,
        rows: NDArray[np.intp],
        weights: NDArray[Any],
        features: NystroemMap | None,
    ) -> None:
        """Regress the weights, or keep the rows for it where it would cost.

        With `n_components` the features are at hand. The exact problem is often solved
        faster than a regression, which is then left to `raw_scores`.
        """
        direction = np.random.RandomState(0).normal(size=X.shape[1])
        rows = rows_along(X, _REGRESSION_ROWS, direction, rows)
        self._regression: WeightRegression | None = None
        self._regression_rows: Any = None
        if features is None:
            landmarks = X[rows_along(X, _REGRESSION_LANDMARKS, direction, rows)]
            self._regression_rows = landmarks, X[rows], weights[rows]
        else:
            self._regression = self._fit_regression(features, X, rows, weights)

    def _fit_regression(
        self,
        features: NystroemMap,
        X: Any,
        rows: NDArray[np.intp],
        weights: NDArray[Any],
    ) -> WeightRegression:
        return WeightRegression.fit(
            features,
            X,
            rows,
            weights,
            upper=self.B,
            fit_intercept=self.kernel not in SHIFT_INVARIANT,
        )

    def _warn_if_few(self, n_source: int) -> None:
        """Warn where the weighted rows are too few, or too far from the target."""
        found = None
        if self.mass_ < 0.5 and self.kernel in SHIFT_INVARIANT:
            found = (
                "Source and target hardly overlap under this kernel (mass_ is "
                f"{self.mass_:.2g} where 1 is a match). Lower gamma"
            )
            if self.n_components is not None:
                found += ", raise n_components"
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
                stacklevel=6,
            )
