"""CorrespondenceFeatures: features described by the pivots they occur with."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.utils.validation import (
    _check_feature_names_in,
    _num_samples,
    check_is_fitted,
    check_non_negative,
)

from sktransfer._core.correspondence import (
    CORRESPONDENCES,
    Pivots,
    TranslationProbabilities,
    check_functions,
    document_frequency,
    least_documents,
    pivot_profiles,
    select_pivots,
)
from sktransfer._core.domains import domain_masks
from sktransfer._core.information import presence_gain
from sktransfer._core.labels import label_array, missing_labels
from sktransfer._core.linalg import append_columns, unit_rows
from sktransfer._core.parameters import integer, number, one_of
from sktransfer._core.parts.terms import (
    Terms,
    join_columns,
    numbers,
    split_columns,
)
from sktransfer._core.sparse import is_sparse
from sktransfer.adaptation._base import DomainMapper
from sktransfer.adaptation._diagnostics import class_shift, warn_class_shift
from sktransfer.moments import ColumnMoments

_ROWS = 4096  # documents placed at once
FEW_PIVOTS = 10
MIN_DOMAIN_ROWS = 20  # a smaller domain is z-scored as its side is
_SIDE = np.iinfo(np.int64).max  # key of the statistics of a whole side, with its sign
_TARGET = -_SIDE


def _unlabelled_domains(labels: Any, domain: Any) -> NDArray[np.bool_]:
    """Rows of domains without any label, where another domain has labels."""
    known = ~missing_labels(labels)
    return known.any() & ~np.isin(domain, domain[known])


def _unit_documents(X: Any, estimator: Any) -> sparse.csr_array:
    """Rows of unit length in float32, without explicit zeros."""
    check_non_negative(X, type(estimator).__name__)
    A = sparse.csr_array(X, dtype=np.float32, copy=True)
    A.sum_duplicates()
    A.eliminate_zeros()
    return normalize(A, copy=False)


def _z_score(moments: ColumnMoments) -> tuple[NDArray, NDArray]:
    # profiles are float32: a variance below their rounding is none
    std = np.sqrt(moments.variance())
    std[std <= 1e-6 * np.abs(moments.mean)] = np.inf
    std[std == 0] = np.inf
    return moments.mean.astype(np.float32), std.astype(np.float32)


def _products(X: Any, profiles: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rows of few columns times profiles, in float64."""
    if not is_sparse(X):
        return X @ profiles
    held = np.unique(X.indices)
    return X[:, held] @ profiles[held].astype(np.float64)


class CorrespondenceFeatures(DomainMapper):
    r"""Distributional correspondence in one language: words by their pivots.

    Pivots are columns that both domains use alike and that tell the label. Every other
    column is described by how it occurs with each pivot among the rows of its own
    domain, its *profile*, so that words which only one domain uses become comparable
    to words of the other ("boring" in books, "leaks" in kitchens). A row is the sum of
    the profiles of its columns; it is z-scored by the statistics of its domain, scaled
    to unit length and appended to the input.

    Pivots are ranked by

    .. math:: I(f; y) \cdot \frac{\min(p_s(f), p_t(f))}{\max(p_s(f), p_t(f))},

    the information gain of column :math:`f` about the known source labels times the
    ratio of its shares of the source and of the target rows.

    Parameters
    ----------
    n_pivots : int, default=450
        Largest number of pivots.
    correspondence : str or sequence of str, default=("cosine", "linear", "pmi")
        Correspondence functions, "cosine", "linear" or "pmi"; each gives its own
        block of ``n_pivots`` features.
    min_pivot_df : int or None, default=None
        Number of rows that must hold a pivot, on each side. None: 0.5 % of the rows
        of the side, but at least 2 and at most 10.
    unify : bool, default=True
        Give each pivot the mean of the profiles of both sides.
    output : {"both", "profiles"}, default="both"
        Whether the input stands before the profiles or is left out.
    scale : float, default=1.0
        Length of the profile part of each row; compare with the length of the input
        rows, 1 for tf-idf.

    Attributes
    ----------
    pivots_ : ndarray of int of shape (n_pivots,)
        Columns of the pivots, the best first.
    pivot_scores_ : ndarray of shape (n_pivots,)
        Their scores.
    source_profiles_ : ndarray of float32 of shape (n_features, n_profiles)
        Profiles of the columns in the source; 0 for those that do not occur.
    target_profiles_ : ndarray of float32 of shape (n_features, n_profiles)
        Profiles of the columns in the target.
    class_shift_ : ClassShift or None
        How far other shares of the source classes account for the distance of the
        domain means; None where ``fit`` got no class labels.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    Warns
    -----
    UserWarning
        If there are fewer than 10 pivots, or other shares of the classes account for
        most of the distance of the domain means.

    See Also
    --------
    SpectralFeatureAlignment : Clusters of words instead of pivots.
    sktransfer.crosslingual.DistributionalCorrespondence : For two languages.

    Notes
    -----
    Several source domains share one set of profiles, and so do several target domains,
    so further unlabelled texts of the source or of the target side help; each domain
    is z-scored by itself where ``sample_domain`` is given. A row is mapped by itself:
    other rows of the same call do not matter.

    Source domains without any label, where another has labels, belong to neither side
    of the task: texts of further categories, for example. Their rows count on both
    sides, for the pivots and for the profiles.

    Without labels pivots are ranked by the entropy of their presence instead of the
    information gain. Real labels of many values are cut at their quartiles.

    Memory is two float32 matrices of (n_features, n_profiles).

    References
    ----------
    .. [1] A. Moreo, A. Esuli, F. Sebastiani, "Distributional correspondence indexing
           for cross-lingual and cross-domain sentiment classification", Journal of
           Artificial Intelligence Research 55, 2016.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sktransfer.adaptation import CorrespondenceFeatures
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> reviews = make_bilingual_reviews(200, target="en/music")
    >>> X = TfidfVectorizer(min_df=2).fit_transform(reviews.data)
    >>> features = CorrespondenceFeatures(n_pivots=50, correspondence="cosine")
    >>> Z = features.fit_transform(
    ...     X, reviews.target, sample_domain=reviews.sample_domain)
    >>> Z.shape[1] - X.shape[1]
    50
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_pivots": [integer(1)],
        "correspondence": [str, "array-like"],
        "min_pivot_df": [integer(1), None],
        "unify": ["boolean"],
        "output": [one_of("both", "profiles")],
        "scale": [number(0)],
    }

    def __init__(
        self,
        n_pivots: int = 450,
        *,
        correspondence: str | Sequence[str] = CORRESPONDENCES,
        min_pivot_df: int | None = None,
        unify: bool = True,
        output: str = "both",
        scale: float = 1.0,
    ) -> None:
        self.n_pivots = n_pivots
        self.correspondence = correspondence
        self.min_pivot_df = min_pivot_df
        self.unify = unify
        self.output = output
        self.scale = scale

    def learn_map(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Choose pivots, describe the columns of both sides and learn the z-scores.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows of both sides, as checked by `fit`.
        y : array-like of shape (n_samples,) or None
            Labels; those of target rows are not read. A missing label is None or NaN.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: every row is both.
        """
        functions = check_functions(self.correspondence)
        X, n = _unit_documents(X, self), X.shape[0]
        masks = domain_masks(sample_domain, n)
        source = X[np.flatnonzero(masks.source)]
        target = X[np.flatnonzero(masks.target)] if masks.shifted else source
        labels, target_side = None, target
        if y is not None:
            if _num_samples(y) != n:
                raise ValueError(
                    f"y must have one label for each row of X; got {_num_samples(y)} "
                    f"labels for {n} rows."
                )
            labels = label_array(y)[masks.source]
            if sample_domain is not None:
                between = _unlabelled_domains(labels, sample_domain[masks.source])
                if between.any():
                    target_side = sparse.vstack([target, source[between]], format="csr")
        pivots = self._choose_pivots(source, target_side, labels)
        self.pivots_, self.pivot_scores_ = pivots.source, pivots.score
        self._functions = functions
        self.source_profiles_, self.target_profiles_ = pivot_profiles(
            (source, target_side),
            (pivots.source, pivots.target),
            pivots,
            functions,
            unify=self.unify,
        )
        self._learn_z_scores(source, target, sample_domain)
        self.class_shift_ = class_shift(X, y, masks)
        warn_class_shift("CorrespondenceFeatures", self.class_shift_, stacklevel=4)

    def apply_map(self, X: Any, sample_domain: NDArray[np.int64] | None) -> Any:
        """Place rows by the profiles of their side.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `transform`.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row; None: all are target rows. Domains that ``fit`` has not
            seen are z-scored as their side is.

        Returns
        -------
        Z : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            The input, unless ``output="profiles"``, and the profile part of each row;
            CSR where the input is there and sparse, else dense.
        """
        A = _unit_documents(X, self)
        d = sample_domain
        if d is None:
            d = np.full(X.shape[0], _TARGET)
        Z = np.empty((X.shape[0], self.source_profiles_.shape[1]), dtype=X.dtype)
        for domain in np.unique(d).tolist():
            profiles = self.target_profiles_ if domain <= 0 else self.source_profiles_
            key = domain if domain in self._z_scores else np.sign(domain) * _SIDE
            mean, std = self._z_scores[int(key)]
            rows = np.flatnonzero(d == domain)
            for start in range(0, rows.size, _ROWS):
                at = rows[start : start + _ROWS]
                Z[at] = self._profiles_of(A[at], profiles, mean, std)
        if self.output == "profiles":
            return Z
        return append_columns(X, Z)

    def _map_terms(self, given: Terms) -> Terms:
        """Terms of a row, as it is placed: linear but for the lengths of the row."""
        given = split_columns(self, given)
        domain = given.domain or _TARGET
        profiles = self.target_profiles_ if domain <= 0 else self.source_profiles_
        key = domain if domain in self._z_scores else np.sign(domain) * _SIDE
        mean, std = self._z_scores[int(key)]
        parts, rest = (_products(Z, profiles) for Z in (given.values, given.rest))
        if given.row is None:
            # rows of one column alone; z-scores are as long as they are many
            row, length = None, np.sqrt(max(np.isfinite(std).sum(), 1))
        else:
            row = self.transform(given.row, sample_domain=given.domains())
            A = numbers(given.row)
            unit = float(np.sqrt((A * A).sum())) or 1.0
            parts, rest = parts / unit, rest / unit
            whole = _products(A, profiles) / unit
            length = float(np.linalg.norm((whole - mean) / std)) or 1.0
            if not whole.any():  # it is at the mean
                mean, length = np.zeros_like(mean), np.inf
        factor = self.scale / std / length
        values, rest = parts * factor, (rest - mean) * factor
        if self.output == "both":
            values = join_columns([given.values, values])
            rest = np.hstack([given.rest, rest])
        return replace(given, row=row, values=values, rest=rest)

    def _source_features(self, features: Any, k: int) -> list[list[int]]:
        """Columns of the source whose profiles are nearest to those of the target."""
        found = unit_rows(self.target_profiles_[features])
        alike = found @ unit_rows(self.source_profiles_).T
        best = np.argsort(-alike, axis=1, kind="stable")[:, :k]
        return [
            [int(j) for j in places if row[j] > 0] for row, places in zip(alike, best)
        ]

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
            The names of the input, unless ``output="profiles"``, and a correspondence
            function with a pivot, such as "cosine(good)".
        """
        check_is_fitted(self, "pivots_")
        names = _check_feature_names_in(self, input_features)
        profiles = [f"{f}({p})" for f in self._functions for p in names[self.pivots_]]
        kept = [] if self.output == "profiles" else list(names)
        return np.array(kept + profiles, dtype=object)

    def _choose_pivots(self, source: Any, target: Any, labels: Any) -> Pivots:
        columns = np.arange(source.shape[1])
        certain = np.ones(columns.size)
        f_s, f_t = document_frequency(source), document_frequency(target)
        sizes = source.shape[0], target.shape[0]
        least = [least_documents(n, self.min_pivot_df) for n in sizes]
        if self.min_pivot_df is None:  # the only row of a side will do
            least = [min(rows, n) for rows, n in zip(least, sizes, strict=True)]
        pivots = select_pivots(
            columns,
            columns,
            TranslationProbabilities(certain, certain),
            source_frequency=f_s,
            target_frequency=f_t,
            gain=presence_gain(source, f_s, labels),
            n_pivots=self.n_pivots,
            # half a row of slack for rounding
            source_min_frequency=(least[0] - 0.5) / sizes[0],
            target_min_frequency=(least[1] - 0.5) / sizes[1],
        )
        found = pivots.source.size
        if found < min(FEW_PIVOTS, self.n_pivots, columns.size):
            message = (
                f"{found} pivot(s) found: of {columns.size} columns, so many are in at "
                f"least {least[0]} of {sizes[0]} source rows and {least[1]} of "
                f"{sizes[1]} target rows. Give more rows or a smaller min_pivot_df, "
                "and check that both domains name their columns alike."
            )
            if found == 0:
                raise ValueError(message)
            warnings.warn(message, UserWarning, stacklevel=5)
        return pivots

    def _learn_z_scores(
        self, source: Any, target: Any, d: NDArray[np.int64] | None
    ) -> None:
        """Mean and deviation of each profile in each side and each larger domain."""
        self._z_scores: dict[int, tuple[Any, Any]] = {}
        if d is None:
            nowhere = np.zeros(target.shape[0], np.int64)
            sides = [(-_SIDE, target, self.target_profiles_, nowhere)]
        else:
            sides = [
                (-_SIDE, target, self.target_profiles_, d[d < 0]),
                (_SIDE, source, self.source_profiles_, d[d > 0]),
            ]
        for side, A, F, domains in sides:
            whole = ColumnMoments.empty(F.shape[1])
            for domain in np.unique(domains).tolist():
                rows = np.flatnonzero(domains == domain)
                moments = ColumnMoments.empty(F.shape[1])
                for start in range(0, rows.size, _ROWS):
                    moments = moments.update(A[rows[start : start + _ROWS]] @ F)
                whole = whole.merge(moments)
                if rows.size >= MIN_DOMAIN_ROWS:
                    self._z_scores[int(domain)] = _z_score(moments)
            self._z_scores[side] = _z_score(whole)
        if d is None:
            self._z_scores[_SIDE] = self._z_scores[-_SIDE]

    def _profiles_of(
        self, A: Any, profiles: NDArray[Any], mean: NDArray[Any], std: NDArray[Any]
    ) -> NDArray[Any]:
        """Profile part of rows, of one length."""
        Z = A @ profiles
        empty = ~Z.any(axis=1)
        Z -= mean
        Z /= std
        Z[empty] = 0
        unit_rows(Z, out=Z)
        Z *= self.scale
        return Z

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags
