"""Transfer component analysis, with landmarks so that it is linear in the rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.base import ClassNamePrefixFeaturesOutMixin

from sktransfer._core.domains import DomainMasks, domain_masks
from sktransfer._core.kernels import (
    KERNELS,
    kernel_rows,
    kernel_scale,
)
from sktransfer._core.linalg import fix_signs, power_of_eigh, spd_eigh, spd_power
from sktransfer._core.nystroem import landmark_rows
from sktransfer._core.parameters import integer, number, one_of
from sktransfer._core.progress import begin_step
from sktransfer.adaptation._base import DomainMapper
from sktransfer.adaptation._diagnostics import (
    class_shift,
    warn_class_shift,
    warn_few_rows,
)
from sktransfer.moments import Moments

_BLOCK = 1 << 20  # kernel values held at once: 8 MB of float64
LARGE_GAP = 1.0


def transfer_components(
    source: Moments, target: Moments, *, mu: float, n_components: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Directions in feature space of large variance and equal domain means.

    With a factor of the kernel, :math:`K = Z Z^\top`, the eigenvectors :math:`W` of
    :math:`(K L K + \mu I)^{-1} K H K` give components :math:`K W = Z V` with
    :math:`V = G^{1/2} P`, :math:`G = Z^\top Z`, and :math:`P` solving

    .. math:: G^{1/2} (Z^\top H Z) G^{1/2} P
              = (\mu I + a a^\top) P \Lambda, \qquad
              a = G^{1/2} (\bar z_s - \bar z_t),

    which needs nothing but moments of the rows of :math:`Z`. Components are scaled as
    those of kernel principal components are.
    """
    both = source.merge(target)
    root = spd_power(both.gram(), 0.5)
    a = root @ (source.mean - target.mean)
    length = float(a @ a)
    # (mu I + a a')^(-1/2) in closed form, applied from both sides
    shrink = (1 - np.sqrt(mu / (mu + length))) / length if length > 0 else 0.0

    def penalised(M: NDArray[np.float64]) -> NDArray[np.float64]:
        return (M - shrink * np.outer(a, a @ M)) / np.sqrt(mu)

    B = penalised(penalised(root @ both.scatter @ root).T)
    m, k = B.shape[0], min(n_components, B.shape[0])
    values, U = eigh((B + B.T) / 2, subset_by_index=(m - k, m - 1), driver="evr")
    values, U = values[::-1], U[:, ::-1]
    keep = values > m * np.finfo(np.float64).eps * max(values[0], 0)
    values = values[keep]
    # |K w| is an eigenvalue of K where principal components have its root
    V = root @ penalised(U[:, keep]) * np.sqrt(mu) / (mu * values) ** 0.25
    return fix_signs(V), values


class TransferComponentAnalysis(ClassNamePrefixFeaturesOutMixin, DomainMapper):
    r"""Components on which the domains have one mean, by a kernel.

    Transfer component analysis [1]_ looks for functions in the feature space of a
    kernel that keep the variance of the rows but not the distance of the domain means
    (the maximum mean discrepancy). With the kernel matrix :math:`K` of all rows, the
    centring matrix :math:`H` and :math:`L` such that :math:`\mathrm{tr}(KL)` is the
    squared distance of the means, the components are :math:`K W` with :math:`W` the
    leading eigenvectors of

    .. math:: (K L K + \mu I)^{-1} K H K .

    Instead of all rows, ``n_landmarks`` of them carry the functions (Nystroem [2]_), so
    that time and memory grow with the rows and not with their square or cube.

    Parameters
    ----------
    n_components : int, default=20
        Largest number of components; there are no more than landmarks.
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
    mu : float, default=0.1
        Penalty of the size of :math:`W`. Small values make the means equal at any
        cost in variance; large ones give components near those of kernel principal
        component analysis.
    n_landmarks : int or None, default=256
        Number of landmarks, half of them source and half target rows, spread evenly
        along a random direction. None, or no fewer than there are rows: all rows, and
        the exact solution at a cost cubic in their number.
    random_state : int, RandomState instance or None, default=0
        Draws the direction.

    Attributes
    ----------
    landmarks_ : {ndarray, csr matrix} of shape (n_landmarks, n_features)
        The rows that carry the functions.
    coef_ : ndarray of shape (n_landmarks, n_components)
        Components are ``k(X, landmarks_) @ coef_``.
    eigenvalues_ : ndarray of shape (n_components,)
        Eigenvalues of the problem above, in decreasing order.
    mean_gap_ : ndarray of shape (n_components,)
        Distance of the domain means on each component, over its standard deviation.
    class_shift_ : ClassShift or None
        How far other shares of the source classes account for the distance of the
        domain means; None where ``fit`` got no class labels.
    gamma_ : float or None
        The scale used; None for kernels without one.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    Raises
    ------
    ValueError
        If one side has no row, or the kernel is not positive semi-definite.

    Warns
    -----
    UserWarning
        If a side has no more rows than components, the domains stay apart, or other
        shares of the classes account for most of the distance of the domain means.

    See Also
    --------
    SubspaceAlignment : Aligns principal components; linear, out of core.
    sklearn.decomposition.KernelPCA : Without domains.

    Notes
    -----
    All rows are mapped by one function, whatever their domain: ``sample_domain`` is
    read in `fit` alone. Several source domains count as one, and so do several targets.
    With ``sample_domain=None`` there is no distance to remove.

    Where the classes have other shares in the target, part of the distance of the
    means belongs to the classes, and removing it makes the classes harder to separate.

    Columns should have comparable scales (StandardScaler, DomainScaler).

    References
    ----------
    .. [1] S. J. Pan, I. W. Tsang, J. T. Kwok and Q. Yang, "Domain adaptation via
       transfer component analysis", IEEE Transactions on Neural Networks 22, 2011.
    .. [2] C. Williams and M. Seeger, "Using the Nystroem method to speed up kernel
       machines", NIPS 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.adaptation import TransferComponentAnalysis
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3)) * [5.0, 2.0, 1.0]
    >>> d = np.repeat([1, -1], 200)
    >>> X[d < 0, 0] += 20.0
    >>> tca = TransferComponentAnalysis(1, kernel="linear", mu=1e-3)
    >>> Z = tca.fit_transform(X, sample_domain=d)
    >>> abs(Z[d > 0].mean() - Z[d < 0].mean()) < 0.1
    np.True_
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [integer(1)],
        "kernel": [one_of(*KERNELS), callable],
        "gamma": [number(above=0), None],
        "mu": [number(above=0)],
        "n_landmarks": [integer(1), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components: int = 20,
        *,
        kernel: str | Callable[[Any, Any], NDArray[Any]] = "rbf",
        gamma: float | None = None,
        mu: float = 0.1,
        n_landmarks: int | None = 256,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.n_components = n_components
        self.kernel = kernel
        self.gamma = gamma
        self.mu = mu
        self.n_landmarks = n_landmarks
        self.random_state = random_state

    def learn_map(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Find the components.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows of both sides, as checked by `fit`.
        y : array-like of shape (n_samples,) or None
            Class labels, for the warning about label shift alone.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: every row is both.
        """
        masks = domain_masks(sample_domain, X.shape[0])
        self.gamma_ = kernel_scale(X, self.kernel, self.gamma)
        sides = ("source", "target") if masks.shifted else ("source",)
        begin_step("kernel of the landmarks", of=2 + len(sides))
        rows = landmark_rows(X, masks, self.n_landmarks, random_state=self.random_state)
        self.landmarks_ = X[rows].astype(np.float64)
        K = self._kernel_blocks(self.landmarks_)
        values, vectors = spd_eigh(np.vstack(list(K)), rcond=1e-12)
        whiten = power_of_eigh(values, vectors, -0.5)
        states = {}
        for name in sides:
            begin_step(f"covariance of the {name}")
            state = Moments.empty(rows.size)
            for block in self._kernel_blocks(X, getattr(masks, name)):
                state = state.update(block @ whiten)
            states[name] = state
        begin_step("components")
        source = states["source"]
        target = states.get("target", source)
        V, self.eigenvalues_ = transfer_components(
            source, target, mu=self.mu, n_components=self.n_components
        )
        self.coef_ = whiten @ V
        self._n_features_out = V.shape[1]
        both = source.merge(target)
        variance = np.einsum("ij,ij->j", V, both.covariance() @ V)
        self.mean_gap_ = np.abs((source.mean - target.mean) @ V) / np.sqrt(variance)
        self.class_shift_ = class_shift(X, y, masks)
        if masks.shifted:
            self._warn_if_unsafe(masks)

    def apply_map(
        self, X: Any, sample_domain: NDArray[np.int64] | None
    ) -> NDArray[np.floating]:
        """Components of rows.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `transform`.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Ignored: one map serves all domains.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            The components.
        """
        Z = np.empty((X.shape[0], self.coef_.shape[1]), dtype=X.dtype)
        start = 0
        for block in self._kernel_blocks(X):
            Z[start : start + block.shape[0]] = block @ self.coef_
            start += block.shape[0]
        return Z

    def _warn_if_unsafe(self, masks: DomainMasks) -> None:
        name, k = type(self).__name__, self._n_features_out
        rows = {
            f"{side} rows": int(mask.sum()) for side, mask in masks._asdict().items()
        }
        warn_few_rows(name, f"{k} components", k, rows, stacklevel=5)
        warn_class_shift(name, self.class_shift_, stacklevel=5)
        if self.mean_gap_.max(initial=0.0) > LARGE_GAP:
            warnings.warn(
                f"The domain means are still {self.mean_gap_.max():.2g} standard "
                "deviations apart on a component: the penalty of the size of W "
                "outweighs their distance. Lower mu, or scale the columns.",
                UserWarning,
                stacklevel=5,
            )

    def _kernel_blocks(
        self, X: Any, mask: NDArray[np.bool_] | None = None
    ) -> Iterator[NDArray[np.float64]]:
        """Kernel of the rows with the landmarks in float64, some rows at a time."""
        rows = np.arange(X.shape[0]) if mask is None else np.flatnonzero(mask)
        size = max(_BLOCK // self.landmarks_.shape[0], 1)
        for start in range(0, rows.size, size):
            X_block = X[rows[start : start + size]].astype(np.float64)
            block, sides = kernel_rows(
                self.kernel, X_block, self.landmarks_, gamma=self.gamma_
            )
            yield block(*sides)
