"""Subspace alignment: principal axes of each source turned to those of the target."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.decomposition import PCA

from sktransfer._core.domains import domain_masks
from sktransfer._core.linalg import fix_signs, spd_eigh
from sktransfer._core.parameters import integer
from sktransfer._core.sparse import dense
from sktransfer.adaptation._diagnostics import (
    class_shift,
    warn_class_shift,
    warn_few_rows,
)
from sktransfer.adaptation._moment_mapper import MomentMapper
from sktransfer.moments import Moments

LOW_OVERLAP = 0.1


def principal_axes(moments: Moments, n_components: int) -> NDArray[np.float64]:
    """Directions of largest variance."""
    values, vectors = spd_eigh(moments.covariance())
    keep = np.flatnonzero(values > 0)[::-1][:n_components]
    return fix_signs(vectors[:, keep])


def principal_axes_of_rows(X: Any, n_components: int) -> NDArray[np.float64]:
    """Directions of largest variance of wide rows, without a covariance matrix."""
    least = min(X.shape)
    if n_components < least:
        pca = PCA(n_components, svd_solver="arpack", random_state=0).fit(X)
    else:  # so few rows that they may be dense
        pca = PCA(svd_solver="full").fit(dense(X))
    values = pca.singular_values_
    tiny = X.shape[1] * np.finfo(X.dtype).eps * values.max(initial=0)
    keep = np.flatnonzero(values > tiny)[:n_components]
    return fix_signs(pca.components_[keep].T.astype(np.float64))


class SubspaceAlignment(ClassNamePrefixFeaturesOutMixin, MomentMapper):
    r"""Source rows on their principal axes, turned to the principal axes of the target.

    With the principal axes :math:`S` of a source domain and :math:`T` of the target in
    their columns, the matrix that brings :math:`S` nearest to :math:`T` in the
    Frobenius norm is :math:`M = S^\top T` [1]_, so that rows become

    .. math:: (x - \mu_s)\, S S^\top T \quad\text{and}\quad (x - \mu_t)\, T .

    Each source domain has axes of its own; several target domains count as one.

    Parameters
    ----------
    n_components : int, default=20
        Largest number of axes of each domain; directions without variance do not
        count.
    max_features : int, default=4096
        Up to so many columns the axes come from moments, in one pass and out of core
        (``partial_fit``), at a cost cubic in the columns. Wider input is handled by a
        truncated singular value decomposition of the rows, which stay sparse.

    Attributes
    ----------
    state_ : dict of int to Moments
        Moments of each domain by its signed number; key 0 where no domain was given.
        Not set for input wider than ``max_features``.
    source_domains_ : ndarray of int64 of shape (n_source_domains,)
        The source domains that have axes; empty where no domain was given.
    source_means_ : ndarray of shape (n_source_domains, n_features)
        Mean of each source domain.
    source_axes_ : list of ndarray of shape (n_features, n_axes)
        The axes :math:`S` of each source domain.
    target_mean_ : ndarray of shape (n_features,)
        Mean of the target rows.
    target_axes_ : ndarray of shape (n_features, n_components)
        The axes :math:`T`.
    overlap_ : ndarray of shape (n_source_domains,)
        :math:`\|S^\top T\|_F^2 / k`, the share of the target's axes that lies in the
        subspace of the source: 1 where the subspaces are equal, 0 where they are
        orthogonal and nothing of the source is left.
    class_shift_ : ClassShift or None
        How far other shares of the source classes account for the distance of the
        domain means; None where ``fit`` got no class labels.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    Raises
    ------
    ValueError
        If one side has no row or a domain no variance in `fit`, or `transform` is
        given a source domain that `fit` has not seen.

    Warns
    -----
    UserWarning
        If a domain has no more rows than axes, the subspaces hardly meet, or other
        shares of the classes account for most of the distance of the domain means.

    See Also
    --------
    CORAL : Keeps the columns and matches covariances.
    TransferComponentAnalysis : One map for all domains, by a kernel.

    Notes
    -----
    Columns should have comparable scales. Variances along the axes are not matched:
    z-score the result by `DomainScaler` where they differ.

    Under label shift the difference of the means belongs to the classes in part, and
    centring each domain moves the classes against each other.

    References
    ----------
    .. [1] B. Fernando, A. Habrard, M. Sebban and T. Tuytelaars, "Unsupervised visual
           domain adaptation using subspace alignment", ICCV 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.adaptation import SubspaceAlignment
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3)) * [9.0, 3.0, 0.1]
    >>> d = np.repeat([1, -1], 200)
    >>> X[d < 0] += 5.0
    >>> Z = SubspaceAlignment(2).fit_transform(X, sample_domain=d)
    >>> Z.shape, bool(np.allclose(Z[d > 0].mean(0), Z[d < 0].mean(0)))
    ((400, 2), True)
    """

    _kind = Moments

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [integer(1)],
        "max_features": [integer(1)],
    }

    def __init__(self, n_components: int = 20, *, max_features: int = 4096) -> None:
        self.n_components = n_components
        self.max_features = max_features

    def learn_map(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Find the axes of each domain.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows of both sides, as checked by `fit`.
        y : array-like of shape (n_samples,) or None
            Class labels, for the warning about label shift alone.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: rows are mapped onto the principal axes of all.
        """
        if X.shape[0] < 2:
            raise ValueError("SubspaceAlignment needs at least 2 rows; got 1 sample.")
        if X.shape[1] <= self.max_features:
            self._update({}, X, sample_domain)
        else:
            self._fit_wide(X, sample_domain)
        for domain, S in (
            *zip(self.source_domains_.tolist(), self.source_axes_, strict=True),
            ("the target", self.target_axes_),
        ):
            if S.shape[1] == 0:
                raise ValueError(
                    "SubspaceAlignment needs rows that vary in each domain; those of "
                    f"{domain} do not. Give more rows of it."
                )
        masks = domain_masks(sample_domain, X.shape[0])
        self.class_shift_ = class_shift(X, y, masks)
        if sample_domain is not None:
            self._warn_if_unsafe(sample_domain)

    def apply_map(
        self, X: Any, sample_domain: NDArray[np.int64] | None
    ) -> NDArray[np.floating]:
        """Map rows onto the target's axes, source rows by way of their own.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `transform`.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: all are target rows.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            Coordinates on the target's axes.
        """
        if self.target_axes_.shape[1] == 0:
            raise ValueError(
                "SubspaceAlignment has seen no target rows that vary yet. Call "
                "partial_fit with rows of a negative sample_domain."
            )
        d = sample_domain
        if d is None or not self._shifted:
            return self._project(X, self.target_mean_, self.target_axes_)
        Z = np.empty((X.shape[0], self.target_axes_.shape[1]), dtype=X.dtype)
        rows = np.flatnonzero(d < 0)
        Z[rows] = self._project(X[rows], self.target_mean_, self.target_axes_)
        for domain in np.unique(d[d > 0]).tolist():
            i = self._index_of(domain)
            rows, S = np.flatnonzero(d == domain), self.source_axes_[i]
            map_ = S @ (S.T @ self.target_axes_)
            Z[rows] = self._project(X[rows], self.source_means_[i], map_)
        return Z

    def _check_columns(self, n_features: int) -> None:
        if n_features > self.max_features:
            raise ValueError(
                f"Moments are matrices of n_features x n_features; got {n_features} "
                f"columns, more than max_features={self.max_features}. Use fit, which "
                "decomposes the rows, or reduce the columns first."
            )

    def _warn_if_unsafe(self, d: NDArray[np.int64]) -> None:
        name, k = "SubspaceAlignment", min(self.n_components, self.n_features_in_ - 1)
        rows = {"target rows": int(np.sum(d < 0))}
        for domain in self.source_domains_.tolist():
            rows[f"rows of source {domain}"] = int(np.sum(d == domain))
        warn_few_rows(name, f"{k} axes", k, rows, stacklevel=5)
        warn_class_shift(name, self.class_shift_, stacklevel=5)
        apart = self.source_domains_[self.overlap_ < LOW_OVERLAP]
        if apart.size:
            warnings.warn(
                f"Of the target's axes {self.overlap_.min():.1%} lie in the subspace "
                f"of source {apart.tolist()}, so little of its rows is left. Raise "
                "n_components, or scale the columns alike (DomainScaler).",
                UserWarning,
                stacklevel=5,
            )

    def _read_state(self) -> None:
        """Means and axes from the moments."""
        target = self._target_state()
        sources = {k: m for k, m in self.state_.items() if k > 0}
        axes = [principal_axes(m, self.n_components) for m in sources.values()]
        T = np.zeros((self.n_features_in_, 0))
        if target.weight > 0:
            T = principal_axes(target, self.n_components)
        self._store(
            list(sources), [m.mean for m in sources.values()], axes, target.mean, T
        )

    def _fit_wide(self, X: Any, d: NDArray[np.int64] | None) -> None:
        """Means and axes from the rows."""
        parts = {0: X}
        if d is not None:
            domains = [0, *np.unique(d[d > 0]).tolist()]
            masks = [d < 0, *(d == domain for domain in domains[1:])]
            parts = {
                domain: X[np.flatnonzero(mask)]
                for domain, mask in zip(domains, masks, strict=True)
            }
        means = [np.asarray(A.mean(axis=0)).ravel() for A in parts.values()]
        axes = [principal_axes_of_rows(A, self.n_components) for A in parts.values()]
        self._store(list(parts)[1:], means[1:], axes[1:], means[0], axes[0])

    def _store(
        self,
        domains: list[int],
        means: list[NDArray[Any]],
        axes: list[NDArray[np.float64]],
        target_mean: NDArray[Any],
        target_axes: NDArray[np.float64],
    ) -> None:
        p = target_mean.shape[0]
        self.source_domains_ = np.array(domains, dtype=np.int64)
        self.source_means_ = np.array(means).reshape(len(domains), p)
        self.source_axes_ = axes
        self.target_mean_ = np.array(target_mean)
        self.target_axes_ = target_axes
        self._n_features_out = k = target_axes.shape[1]
        self.overlap_ = np.array([np.sum((S.T @ target_axes) ** 2) for S in axes])
        self.overlap_ /= max(k, 1)
        self._shifted = len(domains) > 0

    def _index_of(self, domain: int) -> int:
        found = np.flatnonzero(self.source_domains_ == domain)
        if found.size == 0:
            raise ValueError(
                f"SubspaceAlignment has axes of the source domains "
                f"{self.source_domains_.tolist()}; got rows of {domain}. Rows of every "
                "source domain must be in fit; for target rows leave sample_domain out."
            )
        return int(found[0])

    def _project(
        self, X: Any, mean: NDArray[Any], axes: NDArray[np.float64]
    ) -> NDArray[Any]:
        return (X @ axes - mean @ axes).astype(X.dtype, copy=False)
