"""DomainScaler: z-scores within each domain."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import OneToOneFeatureMixin

from sktransfer._core.sparse import is_sparse
from sktransfer.adaptation._moment_mapper import MomentMapper
from sktransfer.moments import ColumnMoments


def standard_deviations(moments: ColumnMoments) -> NDArray[np.float64]:
    """Standard deviations, 1 for constant columns and where there is no row."""
    if moments.weight == 0:
        return np.ones(moments.n_features)
    return np.where(moments.constant(), 1.0, np.sqrt(moments.variance()))


class DomainScaler(OneToOneFeatureMixin, MomentMapper):
    r"""Standardise each domain by its own means and standard deviations.

    Column j of a row of domain k becomes :math:`(x_j - \mu_{kj}) / \sigma_{kj}`, so
    that means and variances of single columns no longer tell the domains apart.

    Parameters
    ----------
    with_mean : bool, default=True
        Subtract the means. Sparse input needs False, for it would become dense.
    with_std : bool, default=True
        Divide by the standard deviations. Columns that are constant in a domain are
        divided by 1 there.

    Attributes
    ----------
    state_ : dict of int to ColumnMoments
        Moments of each domain by its signed number; key 0 where no domain was given.
    domains_ : ndarray of int64 of shape (n_domains,)
        The signed domains seen, increasing; [0] where no domain was given.
    means_ : ndarray of shape (n_domains, n_features)
        Mean of each domain.
    scales_ : ndarray of shape (n_domains, n_features)
        Standard deviation of each domain, 1 for constant columns.
    target_mean_ : ndarray of shape (n_features,)
        Mean of all target rows.
    target_scale_ : ndarray of shape (n_features,)
        Standard deviation of all target rows, 1 for constant columns.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    Raises
    ------
    ValueError
        If one side has no row in `fit`, `X` is sparse and ``with_mean`` is True, or
        `transform` is given a domain that `fit` has not seen.

    See Also
    --------
    CORAL : Matches the correlations of the columns too.
    sklearn.preprocessing.StandardScaler : One scale for all rows.

    Notes
    -----
    Rows given to `transform` without ``sample_domain`` are target rows. Where ``fit``
    saw several target domains, they are standardised by the moments of all target rows
    together; give ``sample_domain`` to use those of their own domain. Rows of a domain
    that `fit` has not seen are refused.

    Under label shift the mean of a column tells how frequent the classes are in a
    domain, and subtracting it moves the classes of the domains against each other.

    Memory is a few numbers for each column and domain; the chunks of ``partial_fit``
    may hold rows of any domains.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise
           algorithm for computing sample variances", Stanford University, 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.adaptation import DomainScaler
    >>> X = np.array([[0.0], [2.0], [100.0], [300.0]])
    >>> DomainScaler().fit_transform(X, sample_domain=[1, 1, -2, -2]).ravel()
    array([-1.,  1., -1.,  1.])
    """

    _kind = ColumnMoments
    _reads_labels = False

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "with_mean": ["boolean"],
        "with_std": ["boolean"],
    }

    def __init__(self, *, with_mean: bool = True, with_std: bool = True) -> None:
        self.with_mean = with_mean
        self.with_std = with_std

    def learn_map(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Compute means and standard deviations of each domain.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows of both sides, as checked by `fit`.
        y : array-like of shape (n_samples,) or None
            Ignored.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: every row is both.
        """
        self._update({}, X, sample_domain)

    def apply_map(self, X: Any, sample_domain: NDArray[np.int64] | None) -> Any:
        """Standardise rows by the moments of their domain.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `transform`.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: all are target rows, standardised by the moments
            of all target rows.

        Returns
        -------
        X_scaled : {ndarray, sparse matrix} of shape (n_samples, n_features)
            The standardised rows; CSR where ``X`` is sparse.
        """
        X = X.copy() if is_sparse(X) else np.array(X)
        if sample_domain is None or 0 in self.state_:
            if min(self.state_) > 0:
                raise ValueError(
                    "DomainScaler has seen no target row yet, and rows without "
                    "sample_domain are target rows. Call partial_fit with rows of a "
                    "negative sample_domain."
                )
            return self._scaled(X, self.target_mean_, self.target_scale_)
        domains, codes = np.unique(sample_domain, return_inverse=True)
        unseen = np.setdiff1d(domains, self.domains_)
        if unseen.size:
            raise ValueError(
                f"DomainScaler has moments of the domains {self.domains_.tolist()}; "
                f"got rows of {unseen.tolist()}. Rows of every domain must be in fit; "
                "for target rows of another domain leave sample_domain out."
            )
        which = np.searchsorted(self.domains_, domains)[codes]
        if is_sparse(X):
            if not self.with_std:
                return X
            entry = np.repeat(which, np.diff(X.indptr))
            X.data /= self.scales_[entry, X.indices]
            return X
        for i in np.unique(which):
            rows = np.flatnonzero(which == i)
            X[rows] = self._scaled(X[rows], self.means_[i], self.scales_[i])
        return X

    def _validate_rows(self, X: Any, *, reset: bool = True) -> Any:
        X = super()._validate_rows(X, reset=reset)
        if self.with_mean and is_sparse(X):
            raise ValueError(
                "Cannot center sparse matrices: got sparse X with with_mean=True, "
                "which would make it dense. Pass `with_mean=False` instead."
            )
        return X

    def _read_state(self) -> None:
        target = self._target_state()
        self.domains_ = np.array(list(self.state_), dtype=np.int64)
        self.means_ = np.array([m.mean for m in self.state_.values()])
        self.scales_ = np.array([standard_deviations(m) for m in self.state_.values()])
        self.target_mean_ = np.array(target.mean)
        self.target_scale_ = standard_deviations(target)

    def _scaled(
        self, X: Any, mean: NDArray[np.float64], scale: NDArray[np.float64]
    ) -> Any:
        if is_sparse(X):
            if self.with_std:
                X.data /= scale[X.indices]
            return X
        # in place on a copy: float32 stays float32, computed with float64 moments
        if self.with_mean:
            X -= mean
        if self.with_std:
            X /= scale
        return X

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self.with_mean
        return tags
