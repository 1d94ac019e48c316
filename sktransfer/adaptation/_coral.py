"""CORAL: give the source rows the mean and the covariance of the target."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import OneToOneFeatureMixin

from sktransfer._core.domains import domain_masks
from sktransfer._core.linalg import power_of_eigh, spd_eigh
from sktransfer._core.parameters import integer, number
from sktransfer._core.sparse import is_sparse
from sktransfer.adaptation._diagnostics import (
    class_shift,
    warn_class_shift,
    warn_few_rows,
)
from sktransfer.adaptation._moment_mapper import MomentMapper
from sktransfer.moments import Moments

FEW_ROWS = (
    "; below one row a column they are mostly noise, and the mapped features may serve "
    "worse than unmapped ones. Reduce the columns first (TruncatedSVD, PCA), add rows, "
    "or use DomainScaler."
)


def shrunk_power(moments: Moments, p: float, reg: float) -> NDArray[np.float64]:
    """Power of the regularised covariance :math:`C + r m I`."""
    values, vectors = spd_eigh(moments.covariance())
    return power_of_eigh(values + reg * values.mean(), vectors, p)


class CORAL(OneToOneFeatureMixin, MomentMapper):
    r"""Correlation alignment: source rows get the target's mean and covariance.

    Rows of source domain :math:`s` become
    :math:`(x - \mu_s) C_s^{-1/2} C_t^{1/2} + \mu_t`, with the covariances regularised;
    target rows stay as they are. Each source domain has a map of its own; several
    target domains count as one.

    Parameters
    ----------
    reg : float, default=1.0
        Regularisation: each covariance :math:`C` is replaced by :math:`C + r\,m I`,
        where :math:`m` is the mean of its diagonal, so the unit of measurement does
        not matter. 1 is the paper's :math:`C + I` on
        standardised columns; 0 matches the covariances exactly; large values match
        the means and the total variance only.
    max_features : int, default=4096
        Input with more columns is refused: memory is two matrices of
        (n_features, n_features) for each domain, and mapped rows are dense.

    Attributes
    ----------
    state_ : dict of int to Moments
        Moments of each domain by its signed number; key 0 where no domain was given.
    source_domains_ : ndarray of int64 of shape (n_source_domains,)
        The source domains that have a map; empty where no domain was given.
    source_means_ : ndarray of shape (n_source_domains, n_features)
        Mean of each source domain.
    target_mean_ : ndarray of shape (n_features,)
        Mean of the target rows.
    coef_ : ndarray of shape (n_source_domains, n_features, n_features)
        Map of each source domain, applied to centred rows from the right.
    class_shift_ : ClassShift or None
        How far other shares of the source classes account for the distance of the
        domain means (``explained``, ``change``, ``target_shares``); set by ``fit`` from
        the labels of source rows, None without them.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    Raises
    ------
    ValueError
        If one side has no row or there are more than ``max_features`` columns in
        `fit`, or `transform` is given a source domain that `fit` has not seen.

    Warns
    -----
    UserWarning
        If a domain has no more rows than columns, or other shares of the classes
        account for most of the distance of the domain means.

    See Also
    --------
    DomainScaler : Matches means and variances of single columns only; sparse and wide.

    Notes
    -----
    Matching moments supposes that the domains differ in their features and not in
    their labels. Where the classes have other shares in the target (label shift),
    the source classes are moved onto each other and the model can become far worse
    than without adaptation: compare with the source alone. Smaller ``reg`` matches
    more, and transferred worse in every measured case (see the user guide).

    Labels are read for the warning about label shift alone; without
    ``sample_domain`` the map is the identity. `fit` warns where a domain has no more
    rows than columns, for then the covariances are mostly noise. Reduce the columns
    first, such as by `TruncatedSVD` or `PCA`. `transform` refuses rows of a source
    domain that was not seen.

    Output is dense for sparse input too, since the mean of the target is.

    ``partial_fit`` updates the moments with a chunk, whose rows may all be of one side;
    `transform` needs both. Maps are computed anew after each chunk, at a cost cubic in
    the number of columns.

    References
    ----------
    .. [1] B. Sun, J. Feng, K. Saenko, "Return of frustratingly easy domain adaptation",
           AAAI 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.adaptation import CORAL
    >>> rng = np.random.default_rng(0)
    >>> source = rng.normal(size=(500, 2))
    >>> target = rng.normal(size=(400, 2)) * [3.0, 0.5] + [10.0, 0.0]
    >>> d = np.repeat([1, -1], [500, 400])
    >>> Z = CORAL(reg=0).fit_transform(np.vstack([source, target]), sample_domain=d)
    >>> bool(np.allclose(np.cov(Z[d > 0].T, ddof=0), np.cov(target.T, ddof=0)))
    True
    """

    _kind = Moments

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "reg": [number(0)],
        "max_features": [integer(1)],
    }

    def __init__(self, *, reg: float = 1.0, max_features: int = 4096) -> None:
        self.reg = reg
        self.max_features = max_features

    def learn_map(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Compute the moments of each domain and the maps.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows of both sides, as checked by `fit`.
        y : array-like of shape (n_samples,) or None
            Class labels, for the warning about label shift alone.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: every row is both.
        """
        self._update({}, X, sample_domain)
        self._warn_few_rows()
        self.class_shift_ = class_shift(X, y, domain_masks(sample_domain, X.shape[0]))
        warn_class_shift("CORAL", self.class_shift_, stacklevel=4)

    def apply_map(
        self, X: Any, sample_domain: NDArray[np.int64] | None
    ) -> NDArray[np.floating]:
        """Map source rows onto the target; leave target rows as they are.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `transform`.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: all are target rows.

        Returns
        -------
        X_mapped : ndarray of shape (n_samples, n_features)
            The rows in the target's coordinates.
        """
        out = X.toarray() if is_sparse(X) else np.array(X)
        if sample_domain is None or 0 in self.state_:
            return out
        for domain in np.unique(sample_domain[sample_domain > 0]).tolist():
            rows = np.flatnonzero(sample_domain == domain)
            i = self._index_of(domain)
            centred = (out[rows] - self.source_means_[i]).astype(out.dtype, copy=False)
            out[rows] = centred @ self.coef_[i].astype(out.dtype, copy=False)
            out[rows] += self.target_mean_.astype(out.dtype)
        return out

    def _check_columns(self, n_features: int) -> None:
        if n_features > self.max_features:
            raise ValueError(
                f"CORAL holds matrices of n_features x n_features and returns dense "
                f"rows; got {n_features} columns, more than max_features="
                f"{self.max_features}. Reduce them first, such as by make_pipeline("
                "TruncatedSVD(100), CORAL()), or use DomainScaler(with_mean=False)."
            )

    def _read_state(self) -> None:
        target, p = self._target_state(), self.n_features_in_
        sources = [domain for domain in self.state_ if domain > 0]
        self.source_domains_ = np.array(sources, dtype=np.int64)
        self.source_means_ = np.zeros((len(sources), p))
        self.coef_ = np.zeros((len(sources), p, p))
        self.target_mean_ = np.array(target.mean)
        if not sources or target.weight == 0:
            return
        colour = shrunk_power(target, 0.5, self.reg)
        for i, domain in enumerate(sources):
            self.source_means_[i] = self.state_[domain].mean
            np.matmul(
                shrunk_power(self.state_[domain], -0.5, self.reg),
                colour,
                out=self.coef_[i],
            )

    def _index_of(self, domain: int) -> int:
        i = int(np.searchsorted(self.source_domains_, domain))
        if i == self.source_domains_.size or self.source_domains_[i] != domain:
            raise ValueError(
                f"CORAL has a map for the source domains "
                f"{self.source_domains_.tolist()}; got rows of {domain}. Rows of every "
                "source domain must be in fit; for target rows leave sample_domain out."
            )
        if min(self.state_) > 0:
            raise ValueError(
                "CORAL has seen no target row yet, so source rows have nowhere to go. "
                "Call partial_fit with rows of a negative sample_domain."
            )
        return i

    def _warn_few_rows(self) -> None:
        rows = {}
        if 0 not in self.state_:
            n_target = sum(m.n_rows for k, m in self.state_.items() if k < 0)
            rows["target rows"] = n_target
        for domain in self.source_domains_.tolist():
            rows[f"rows of source {domain}"] = self.state_[domain].n_rows
        d = self.n_features_in_
        what = f"covariances of {d} columns"
        warn_few_rows("CORAL", what, d, rows, advice=FEW_ROWS, stacklevel=5)
