"""Spectral feature alignment: clusters of words that share domain-independent ones."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_is_fitted,
    check_non_negative,
)

from sktransfer._core.correspondence import document_frequency
from sktransfer._core.domains import domain_masks
from sktransfer._core.information import presence, presence_information
from sktransfer._core.linalg import append_columns, fix_signs, unit_rows
from sktransfer._core.parameters import integer, number, one_of
from sktransfer._core.parts.terms import (
    Terms,
    join_columns,
    numbers,
    split_columns,
)
from sktransfer._core.sparse import is_sparse
from sktransfer.adaptation._base import DomainMapper

FEW_PIVOTS = 10
_ROWS = 16384


def bipartite_embedding(
    M: Any, n_components: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Leading eigenvectors of a bipartite graph, those of the rows of ``M``.

    With the degrees :math:`D` of :math:`A = \begin{pmatrix} 0 & M \\ M^\top & 0
    \end{pmatrix}`, the eigenvectors of :math:`D^{-1/2} A D^{-1/2}` with a positive
    eigenvalue are the singular vectors of :math:`N = D_r^{-1/2} M D_c^{-1/2}`. The
    first has eigenvalue 1 and depends on the degrees only.
    """
    N = M.toarray() if is_sparse(M) else np.array(M)
    N = N.astype(np.float64, copy=False)
    degrees = N.sum(axis=1, keepdims=True), N.sum(axis=0, keepdims=True)
    for degree in degrees:
        N /= np.sqrt(np.where(degree > 0, degree, 1.0))
    n = N.shape[1]
    k = min(n_components, n)
    squares, V = eigh(N.T @ N, subset_by_index=(n - k, n - 1))
    keep = np.flatnonzero(squares > n * np.finfo(np.float64).eps)[::-1]
    values = np.sqrt(squares[keep])
    U = (N @ V[:, keep]) / values
    return fix_signs(U), values


def joint_counts(
    P: Any, rest: NDArray[np.intp], pivots: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Rows that hold both, a block of rows at a time: the pivots are dense."""
    M = np.zeros((rest.size, pivots.size))
    for start in range(0, P.shape[0], _ROWS):
        block = P[start : start + _ROWS]
        M += block[:, rest].T @ block[:, pivots].toarray()
    return M


class SpectralFeatureAlignment(DomainMapper):
    r"""Appends clusters of domain-specific columns to non-negative features.

    Spectral feature alignment [1]_ takes columns that occur alike in all domains as
    *pivots*, and joins every other column to the pivots by the number of rows that hold
    both. Columns of different domains that occur with the same pivots come together in
    the leading eigenvectors :math:`U` of this bipartite graph. Rows become

    .. math:: [\,x,\; \gamma\, \varphi(x)\,], \qquad \varphi(x) \propto x\,U .

    Parameters
    ----------
    n_components : int, default=100
        Largest number of eigenvectors.
    n_pivots : int, default=500
        Largest number of pivots: frequent columns whose presence has the least mutual
        information with the domain. At most half of the columns.
    min_pivot_df : int or None, default=None
        Number of rows that must hold a pivot, on each side. None: the largest number
        that at least ``2 * n_pivots`` columns reach, or else 1.
    output : {"both", "clusters"}, default="both"
        Whether the input stands before the cluster part or is left out.
    scale : float, default=0.6
        The length :math:`\gamma` of the cluster part of each row.

    Attributes
    ----------
    pivots_ : ndarray of int of shape (n_pivots,)
        Columns of the pivots, increasing.
    components_ : ndarray of shape (n_features, n_components)
        The eigenvectors; rows of pivots, and of columns that never occur with one,
        are 0.
    singular_values_ : ndarray of shape (n_components,)
        Eigenvalues of the graph, below 1, in decreasing order.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    Warns
    -----
    UserWarning
        If there are fewer than 10 pivots.

    See Also
    --------
    CorrespondenceFeatures : Uses the labels to choose pivots; each domain has its own
        profiles.

    Notes
    -----
    Labels are not used. The eigenvector of eigenvalue 1, which holds the degrees of the
    graph and no cluster, is left out. One map serves all domains: ``sample_domain`` is
    read in `fit` alone.

    Memory is a dense matrix of (n_features, n_pivots), and the eigenvectors come from
    one of (n_pivots, n_pivots).

    References
    ----------
    .. [1] S. J. Pan, X. Ni, J.-T. Sun, Q. Yang and Z. Chen, "Cross-domain sentiment
           classification via spectral feature alignment", WWW 2010.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sktransfer.adaptation import SpectralFeatureAlignment
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> reviews = make_bilingual_reviews(200, target="en/music")
    >>> X = TfidfVectorizer(min_df=2).fit_transform(reviews.data)
    >>> sfa = SpectralFeatureAlignment(20, n_pivots=50)
    >>> Z = sfa.fit_transform(X, sample_domain=reviews.sample_domain)
    >>> Z.shape[1] - X.shape[1]
    20
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [integer(1)],
        "n_pivots": [integer(1)],
        "min_pivot_df": [integer(1), None],
        "output": [one_of("both", "clusters")],
        "scale": [number(0)],
    }

    def __init__(
        self,
        n_components: int = 100,
        *,
        n_pivots: int = 500,
        min_pivot_df: int | None = None,
        output: str = "both",
        scale: float = 0.6,
    ) -> None:
        self.n_components = n_components
        self.n_pivots = n_pivots
        self.min_pivot_df = min_pivot_df
        self.output = output
        self.scale = scale

    def learn_map(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Choose pivots and cluster the other columns.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows of both sides, as checked by `fit`.
        y : array-like of shape (n_samples,) or None
            Ignored.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: every row is both, and the pivots are the most
            frequent columns.
        """
        P = presence(X)
        self.pivots_ = self._choose_pivots(P, sample_domain)
        rest = np.setdiff1d(np.arange(X.shape[1]), self.pivots_)
        self.components_ = np.zeros((X.shape[1], 0))
        self.singular_values_ = np.zeros(0)
        if rest.size:
            M = joint_counts(P, rest, self.pivots_)
            U, values = bipartite_embedding(M, self.n_components + 1)
            # the first holds the degrees and no cluster
            self.singular_values_ = values[1:]
            self.components_ = np.zeros((X.shape[1], values[1:].size))
            self.components_[rest] = U[:, 1:]

    def apply_map(self, X: Any, sample_domain: NDArray[np.int64] | None) -> Any:
        """Append the clusters of each row.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `transform`.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Ignored: one map serves all domains.

        Returns
        -------
        Z : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            The input, unless ``output="clusters"``, and the cluster part of each row;
            CSR where the input is there and sparse, else dense.
        """
        Z = X @ self.components_
        unit_rows(Z, out=Z)
        Z *= self.scale
        Z = Z.astype(X.dtype, copy=False)
        if self.output == "clusters":
            return Z
        return append_columns(X, Z)

    def _map_terms(self, given: Terms) -> Terms:
        """Terms of a row, as it is placed: linear but for its length in clusters."""
        given = split_columns(self, given)
        parts = given.values @ self.components_
        rest, row = given.rest @ self.components_, None
        if given.row is None:
            unit_rows(parts, out=parts)  # rows of one column alone
            parts *= self.scale
        else:
            row = self.transform(given.row)
            length = float(np.linalg.norm(numbers(given.row) @ self.components_))
            parts, rest = (Z * (self.scale / (length or 1.0)) for Z in (parts, rest))
        values = parts
        if self.output == "both":
            values = join_columns([given.values, parts])
            rest = np.hstack([given.rest, rest])
        return replace(given, row=row, values=values, rest=rest)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; None: those seen in ``fit``, or "x0", "x1", ...

        Returns
        -------
        names : ndarray of object of shape (n_features_out,)
            The names of the input, unless ``output="clusters"``, and "cluster0",
            "cluster1", ...
        """
        check_is_fitted(self, "pivots_")
        names = _check_feature_names_in(self, input_features)
        kept = [] if self.output == "clusters" else list(names)
        clusters = [f"cluster{k}" for k in range(self.components_.shape[1])]
        return np.array(kept + clusters, dtype=object)

    def _validate_rows(self, X: Any, *, reset: bool = True) -> Any:
        X = super()._validate_rows(X, reset=reset)
        check_non_negative(X, type(self).__name__)
        return X

    def _choose_pivots(
        self, P: Any, sample_domain: NDArray[np.int64] | None
    ) -> NDArray[np.intp]:
        """Frequent columns with the least information about the domain."""
        masks = domain_masks(sample_domain, P.shape[0])
        df = np.minimum(
            *(document_frequency(P[np.flatnonzero(m)]) * m.sum() for m in masks)
        )
        df = np.rint(df)
        least = self.min_pivot_df
        if least is None:
            enough = min(2 * self.n_pivots, df.size)
            least = max(np.partition(df, df.size - enough)[df.size - enough], 1)
        frequent = np.flatnonzero(df >= least)
        if frequent.size < min(FEW_PIVOTS, self.n_pivots, df.size):
            message = (
                f"{frequent.size} pivot(s) found: of {df.size} columns, so many are in "
                f"at least {least:.0f} rows of each side. Give more rows or a smaller "
                "min_pivot_df, and check that both domains name their columns alike."
            )
            if frequent.size == 0:
                raise ValueError(message)
            warnings.warn(message, UserWarning, stacklevel=5)
        information = np.zeros(frequent.size)
        if sample_domain is not None:
            information = presence_information(P[:, frequent], sample_domain)
        # pivots alone would leave nothing to cluster
        n_pivots = min(self.n_pivots, max(df.size // 2, 1))
        order = np.lexsort((-df[frequent], information))[:n_pivots]
        return np.sort(frequent[order])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags
